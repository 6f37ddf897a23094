/**
 * The error codes of this package: what calls to providers report. Most of them reach the handler of a request, so their text names no
 * provider, limit or number; `full` is the text with the facts.
 */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_EGRESS_DEPTH: CodeText = {
  code: 'SLUICE_EGRESS_DEPTH',
  request: true,
  message: 'The queue of calls to a provider is full',
  hint: 'Come back after `retryAfterMs`, or raise `queue.depth`.',
  full: 'The queue for {provider} is full: {depth} calls wait',
}
export const SLUICE_EGRESS_WAIT: CodeText = {
  code: 'SLUICE_EGRESS_WAIT',
  request: true,
  message: 'A call to a provider would wait longer than it may',
  hint: 'Come back after `retryAfterMs`, or raise `queue.wait` or the deadline of the call.',
  full: 'A call to {provider} would wait {waitMs} ms, longer than {mostMs} ms',
}
export const SLUICE_EGRESS_LIMITED: CodeText = {
  code: 'SLUICE_EGRESS_LIMITED',
  request: true,
  message: 'A provider refused the call, and it is not tried again',
  hint: 'Come back after `retryAfterMs`. If it happens often, lower the `limits`: others may use the same key.',
  full: '{provider} answered {status}, and the call is not tried again',
}
export const SLUICE_EGRESS_OVERLOADED: CodeText = {
  code: 'SLUICE_EGRESS_OVERLOADED',
  request: true,
  message: 'A provider fails so often that this call was not sent',
  hint: 'Come back after `retryAfterMs`; some calls are sent meanwhile to see whether it has recovered.',
  full: '{provider} fails so often that this call was not sent',
}
export const SLUICE_EGRESS_COST: CodeText = {
  code: 'SLUICE_EGRESS_COST',
  request: true,
  message: 'A call to a provider costs more than its whole window holds',
  hint: 'Make the call smaller; it can never be sent under this limit.',
  full: 'A call to {provider} needs {cost} units of {limit}, and its whole window holds {capacity}',
}
export const SLUICE_EGRESS_BUDGET: CodeText = {
  code: 'SLUICE_EGRESS_BUDGET',
  request: true,
  message: 'The caller has used up its budget for a provider',
  hint: 'Come back after `retryAfterMs`.',
  full: 'The caller has used up the budget for {provider}: {limits}',
}
export const SLUICE_EGRESS_OUTAGE: CodeText = {
  code: 'SLUICE_EGRESS_OUTAGE',
  request: true,
  message: 'The store that counts the calls to a provider does not answer',
  hint: 'Come back after `retryAfterMs`. See the cause, and `onOutage` for what else may happen to calls.',
  full: 'The store that counts the calls to {provider} does not answer',
}
export const SLUICE_EGRESS_STORE: CodeText = {
  code: 'SLUICE_EGRESS_STORE',
  message: 'The store that counts the calls to {provider} does not answer: {cause}',
  hint: 'See why the server is away; `onOutage` decides what happens to calls meanwhile. observe() hears of the end.',
}
export const SLUICE_EGRESS_KEYS: CodeText = {
  code: 'SLUICE_EGRESS_KEYS',
  request: true,
  message: 'No key for a provider may send this call',
  hint: 'Add a key of the tier of the caller, restore an evicted one, or let dedicated callers use shared keys by `overflow`.',
  full: 'No key of the tier {tier} for {provider} may send this call',
}
export const SLUICE_EGRESS_SHARE: CodeText = {
  code: 'SLUICE_EGRESS_SHARE',
  request: true,
  message: 'The caller has used up its share of the shared keys for a provider',
  hint: 'Come back after `retryAfterMs`, raise `sharePerCaller`, or give the caller dedicated keys.',
  full: 'The caller has used up its share {share} of the shared keys for {provider}',
}
export const SLUICE_EGRESS_TIER: CodeText = {
  code: 'SLUICE_EGRESS_TIER',
  message: 'The `tier` of a caller of {provider} is unknown, and the caller uses shared keys: {cause}',
  hint: "Let `tier` answer 'dedicated', 'shared' or undefined for every caller, and at once.",
}
export const SLUICE_EGRESS_SECRET: CodeText = {
  code: 'SLUICE_EGRESS_SECRET',
  message: 'The secret of the key {key} {reason}',
  hint: 'Set the variable that it comes from. A secret has visible ASCII letters and no space, or is a function that answers them at once.',
}
export const SLUICE_EGRESS_LABEL: CodeText = {
  code: 'SLUICE_EGRESS_LABEL',
  message: 'There is {found} key with the label {key}',
  hint: 'Labels of keys are unique. Look at `snapshot().keys` for those that the pool has.',
}
export const SLUICE_EGRESS_GROUP: CodeText = {
  code: 'SLUICE_EGRESS_GROUP',
  message: 'The key {key} differs from the other keys of its group {group} in {difference}',
  hint: 'Keys of one account share their limits and their tier: give them the same, or another `group`.',
}
export const SLUICE_EGRESS_ORIGIN: CodeText = {
  code: 'SLUICE_EGRESS_ORIGIN',
  request: true,
  message: 'A call was not sent, because its origin is not listed',
  hint: 'Add it to `origins`, if its server may see the credentials of these calls.',
  full: 'A call to {origin} was not sent, because {provider} is not listed there',
}
export const SLUICE_EGRESS_TRANSIT: CodeText = {
  code: 'SLUICE_EGRESS_TRANSIT',
  message: 'Calls to {provider} are sent {measuredMs} ms after their booking, and `transit` allows {transitMs} ms for the whole way',
  hint: 'Raise `transit` to at least twice what was measured, or see what keeps this process busy.',
}
export const SLUICE_EGRESS_PERMIT: CodeText = {
  code: 'SLUICE_EGRESS_PERMIT',
  message: 'A permit for {provider} was not settled within {ttlMs} ms, and counts as its estimate',
  hint: 'Call settle() or cancel() on every path, or raise `permitTtl` above the longest response.',
}
export const SLUICE_EGRESS_SETTLE: CodeText = {
  code: 'SLUICE_EGRESS_SETTLE',
  message: 'The budget of a caller for {provider} keeps the estimate of a call, because settling it failed: {cause}',
  hint: 'See whether `budget.cost` answers whole units for every call, and what the store of the limiter says.',
}
export const SLUICE_EGRESS_ALLOWANCE: CodeText = {
  code: 'SLUICE_EGRESS_ALLOWANCE',
  message: 'The account at {provider} allows {allowed} {limit} in a window, and {configured} are configured',
  hint: 'Lower `capacity` of the limit to what the account allows, or ask the provider for more. Until then the lower number holds.',
}
export const SLUICE_EGRESS_DIALECT: CodeText = {
  code: 'SLUICE_EGRESS_DIALECT',
  message: 'The `dialect` of {provider} cannot read a response, and nothing is learned from it: {cause}',
  hint: 'Let `quota` leave out what a response does not say. Numbers of units are whole, from 0.',
}

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/egress', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
