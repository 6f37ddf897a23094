/** When a limit bans a key, and for how long. */

import { type BanBucket, type BanKind, type BanOptions, type BanRule, type BanTerms, banKind } from '../ban-kind.ts'
import { SLUICE_OPTION_TYPE } from '../errors.ts'
import type { CountingRule } from '../kind.ts'
import { checkOptions, parseDuration } from '../options.ts'
import { slidingLogOf } from '../rules/sliding-window/sliding-log.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { SluiceError } from '../sluice-error.ts'
import { wholeNumber } from '../whole-number.ts'
import { clearBans, strikeKey } from './memory-bans.ts'
import { strike } from './strikes.ts'

const mostStrikes = 1000
const largestFactor = 100
const aDayMs = 86_400_000

/**
 * When a limit bans a key: after too many refusals, for a while, and each time for longer.
 * @param options - with `after: 3`, `for: '5m'` and the default factor the third refusal bans for 5 minutes, the next ban lasts 10 minutes
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const login = {
 *   name: 'login',
 *   by: (user: string) => user,
 *   rule: tokenBucket({ capacity: 5, per: '1m' }),
 *   ban: ban({ after: 20, within: '1m', for: '5m' }),
 * }
 * ```
 */
export function ban(options: BanOptions): BanRule {
  checkOptions(options, 'ban', ['after', 'within', 'for', 'factor', 'atMost'])
  parse(options)
  return Object.freeze(Object.defineProperty({ ...options }, banKind, { value: kind })) as BanRule
}

const kind: BanKind = { terms: banTerms, strike, strikeInMemory: strikeKey, clearInMemory: clearBans }

function parse(
  options: BanOptions,
): Omit<BanTerms, 'strikes' | 'levels' | typeof banKind> & { readonly after: number; readonly withinMs: number } {
  const after = wholeNumber(options.after, 'ban.after', 1, mostStrikes)
  const withinMs = parseDuration(options.within, 'ban.within')
  const forMs = parseDuration(options.for, 'ban.for')
  const factor = options.factor === undefined ? 2 : wholeNumber(options.factor, 'ban.factor', 1, largestFactor)
  const atMostMs = options.atMost === undefined ? Math.max(forMs, aDayMs) : parseDuration(options.atMost, 'ban.atMost')
  if (atMostMs < forMs)
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'ban.atMost', wanted: 'at least as long as `for`', value: options.atMost })
  return { after, withinMs, forMs, factor, atMostMs }
}

/** The terms that a store carries out for a limit. */
export function banTerms(options: BanOptions, limit: string): BanTerms {
  const { after, withinMs, forMs, factor, atMostMs } = parse(options)
  const strikes = slidingLogOf({ capacity: after, refill: after, perMs: withinMs, periodUs: withinMs * 1000, tickUs: 1 })
  const levels = tokenBucket({ capacity: levelsOf(forMs, factor, atMostMs), refill: 1, per: `${atMostMs}ms` })
  const terms = { strikes: banBucket(`${limit}§strikes`, strikes), levels: banBucket(`${limit}§bans`, levels), forMs, factor, atMostMs }
  return Object.freeze(Object.defineProperty(terms, banKind, { value: kind })) as typeof terms & { readonly [banKind]: BanKind }
}

/** How many bans it takes until one lasts as long as it can. */
function levelsOf(forMs: number, factor: number, atMostMs: number): number {
  if (factor === 1) return 1
  let levels = 1
  for (let ms = forMs; ms < atMostMs; ms *= factor) levels++
  return levels
}

/** Names of limits are ASCII, so that no limit has this name. */
function banBucket(name: string, rule: CountingRule): BanBucket {
  const limit = { name, shadow: false, disclose: false, nearAt: 1, debit: 'before', parent: null } as const
  return Object.freeze({ limit: Object.freeze(limit), terms: Object.freeze({ rule, initial: rule.capacity, version: 0 }) })
}
