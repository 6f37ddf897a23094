/** The error codes of this package: what a Cluster makes of the keys of a store, and what a server lacks. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_ONE_SLOT: CodeText = {
  code: 'SLUICE_ONE_SLOT',
  message: 'All buckets of the Redis store {prefix} lie in one slot of the Cluster, and one node decides everything',
  hint: 'Set `colocate` to the name of an outer limit with whose key the keys of all limits begin, or leave it if one node is enough.',
}
export const SLUICE_COLOCATE: CodeText = {
  code: 'SLUICE_COLOCATE',
  request: true,
  message: 'Buckets are placed by a limit whose key is not one part',
  hint: 'Let the `by` of the limit in `colocate` return one string, number, bigint or boolean.',
}
export const SLUICE_APART: CodeText = {
  code: 'SLUICE_APART',
  message:
    'The key of the limit {name} does not begin with that of {outer}: in a Cluster it is decided apart, and no longer in one step with the others',
  hint: 'Let its `by` return a list that begins with the key of {outer}, or leave it if a weaker promise will do.',
}

export const SLUICE_RULES_DIFFER: CodeText = {
  code: 'SLUICE_RULES_DIFFER',
  message: 'The limit {name} found a bucket under another rule of the same version in the Redis store {prefix}: {stored}, not {own}',
  hint: 'Give each service that shares this Redis a `prefix` of its own. If the rule has changed, raise `version` with each change.',
}

export const SLUICE_STORE_UNFIT: CodeText = {
  code: 'SLUICE_STORE_UNFIT',
  message: 'Redis cannot serve the store: {reason}',
  hint: '{fix} The README of @sluice/redis lists what the store needs.',
}

export const SLUICE_RESET_ALL: CodeText = {
  code: 'SLUICE_RESET_ALL',
  message: 'The limit {name} cannot be reset as a whole in a Cluster',
  hint: 'Reset its keys one by one with reset(), or give the limit a new name.',
}

/** A code of `SluiceError` that only this package uses. */
export type RedisCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/redis', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
