/** A limit that slows requests down: its options, checked, and what a request remembers of it. */
import type { Duration } from '@sluice/core'
import { checkOptions, isCountingRule, parseDuration, SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import { SLUICE_SLOW_DOWN, SluiceError } from '../errors.ts'
import type { HttpLimit, SlowDown } from '../http-limit.ts'

/** The default of `max`, and the longest wait, in milliseconds. */
const usualMs = 30_000
const longestMs = 600_000

/** A limit that slows requests down, with its options checked. */
export interface SlowLimit<R> {
  readonly name: string
  readonly after: number
  readonly maxMs: number
  /** Milliseconds for each unit above `after`, or the function of the application. */
  readonly delay: number | Extract<SlowDown<R>['delay'], (...args: never) => unknown>
}

/**
 * The options of a limit that slows requests down, checked; `undefined` for a limit that does not.
 * @throws SluiceError for every wrong option
 */
export function slowLimitOf<R>({ name, rule, slowDown }: HttpLimit<R>): SlowLimit<R> | undefined {
  if (slowDown === undefined) return undefined
  const option = `${name}.slowDown`
  checkOptions(slowDown, option, ['after', 'delay', 'max'])
  const after = wholeNumber(slowDown.after, `${option}.after`, 0)
  const { capacity } = rule as { readonly capacity?: unknown }
  if (isCountingRule(rule) && typeof capacity === 'number' && after >= capacity)
    throw new SluiceError(SLUICE_SLOW_DOWN, { option: `${option}.after`, value: after, capacity })
  const maxMs = waitMs(slowDown.max ?? usualMs, `${option}.max`)
  const delay = typeof slowDown.delay === 'function' ? slowDown.delay : waitMs(slowDown.delay, `${option}.delay`)
  return { name, after, maxMs, delay }
}

/** A number below 1000 is usual here, and draws no warning that it may mean seconds. */
function waitMs(value: Duration, option: string): number {
  const ms = typeof value === 'number' ? value : parseDuration(value, option)
  if (Number.isInteger(ms) && ms >= 1 && ms <= longestMs) return ms
  throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: "a duration from '1ms' to '10m'", value })
}

/** How one request was slowed down so far, over all its stages and guards. It lies in its ledger. */
export interface SlowedRequest {
  delayMs: number
  /** Units that were used of each limit when the request came, with its own. */
  readonly used: Map<string, number>
}

/** Milliseconds that a request had to wait. 0 where no limit slowed it down. */
export function delayOf({ slowed }: { readonly slowed: SlowedRequest | undefined }): number {
  return slowed === undefined ? 0 : slowed.delayMs
}

/** The record of a request, made at its first limit that slows. */
export function slowedBy(ledger: { slowed: SlowedRequest | undefined }): SlowedRequest {
  ledger.slowed ??= { delayMs: 0, used: new Map() }
  return ledger.slowed
}
