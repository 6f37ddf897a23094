/** Bans: a key that goes on after so many refusals is blocked for a while, and each time for longer. */

import type { Micros } from '../clock.ts'
import { type Duration, parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { checkOptions } from '../options.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import type { BucketState } from '../rules/rule.ts'
import { slidingWindow } from '../rules/sliding-window-rule.ts'
import { tokenBucketAlgorithm } from '../rules/token-bucket.ts'
import { type TokenBucketRule, tokenBucket } from '../rules/token-bucket-rule.ts'
import { ceilDiv, wholeNumber } from '../rules/whole-number.ts'
import type { LimitFacts, Terms } from '../store.ts'

/** When a limit bans a key, and for how long. In the words of fail2ban: maxretry, findtime, bantime, its factor, and maxtime. */
export interface BanOptions {
  /** So many refusals within `within` ban a key; those while it is banned do not count. Whole, from 1 to 1000. */
  readonly after: number
  /** The period in which refusals are counted. */
  readonly within: Duration
  /** How long the first ban lasts. */
  readonly for: Duration
  /** How many times as long as the one before the next ban lasts. Whole, from 1 to 100. @default 2 */
  readonly factor?: number | undefined
  /** How long a ban lasts at most. Each time that it passes without a ban, an earlier one is forgotten. @default '1d', or `for` where that is longer */
  readonly atMost?: Duration | undefined
}

/** A ban as a store carries it out. What leads to it are buckets in the same store, under names that no limit can have. */
export interface BanTerms {
  /** Refusals: the one that leaves nothing is one too many. */
  readonly strikes: BanBucket
  /** Earlier bans that are not forgotten yet; while it is empty, a ban lasts as long as it can. */
  readonly levels: BanBucket<TokenBucketRule>
  readonly forMs: number
  readonly factor: number
  readonly atMostMs: number
}

/** A bucket that belongs to the bans of a limit, under the key that may be banned. */
export interface BanBucket<R extends CountingRule = CountingRule> {
  readonly limit: LimitFacts
  readonly terms: Terms & { readonly rule: R }
}

/** What a strike brought. */
export interface Ban {
  /** 1 for the first, and one more for each before it that is not forgotten. */
  readonly level: number
  readonly durationMs: number
}

const mostStrikes = 1000
const largestFactor = 100

/**
 * The bans of a limit.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 */
export function banTerms(options: BanOptions, limit: string): BanTerms {
  const option = (name: string): string => `${limit}.ban.${name}`
  checkOptions(options, `${limit}.ban`, ['after', 'within', 'for', 'factor', 'atMost'])
  const after = wholeNumber(options.after, option('after'), 1, mostStrikes)
  const withinMs = parseDuration(options.within, option('within'))
  const forMs = parseDuration(options.for, option('for'))
  const factor = options.factor === undefined ? 2 : wholeNumber(options.factor, option('factor'), 1, largestFactor)
  const atMostMs = options.atMost === undefined ? Math.max(forMs, aDayMs) : parseDuration(options.atMost, option('atMost'))
  if (atMostMs < forMs)
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: option('atMost'), wanted: 'at least as long as `for`', value: options.atMost })
  const strikes = slidingWindow({ capacity: after, per: `${withinMs}ms`, exact: true })
  const levels = tokenBucket({ capacity: levelsOf(forMs, factor, atMostMs), refill: 1, per: `${atMostMs}ms` })
  return Object.freeze({
    strikes: banBucket(`${limit}§strikes`, strikes),
    levels: banBucket(`${limit}§bans`, levels),
    forMs,
    factor,
    atMostMs,
  })
}

const aDayMs = 86_400_000

/** How many bans it takes until one lasts as long as it can. */
function levelsOf(forMs: number, factor: number, atMostMs: number): number {
  if (factor === 1) return 1
  let levels = 1
  for (let ms = forMs; ms < atMostMs; ms *= factor) levels++
  return levels
}

/** Names of limits are ASCII, so that none is called so. */
function banBucket<R extends CountingRule>(name: string, rule: R): BanBucket<R> {
  const limit = { name, shadow: false, disclose: false, nearAt: 1, debit: 'before', parent: null } as const
  return Object.freeze({ limit: Object.freeze(limit), terms: Object.freeze({ rule, initial: rule.capacity, version: 0 }) })
}

/** The ban that is due now. */
export interface BanStep {
  readonly ban: Ban
  /** What is remembered of it and those before. */
  readonly after: BucketState
}

/**
 * The next ban of a key.
 * @param state - what is remembered of those before; absent where it is nothing
 */
export function decideBan(state: BucketState | undefined, now: Micros, { levels, forMs, factor, atMostMs }: BanTerms): BanStep {
  const { rule } = levels.terms
  const { advance, missing, lacking } = tokenBucketAlgorithm
  const { capacity, scale } = rule
  const before = state === undefined ? 0 : missing(advance(state, now, rule), rule)
  const level = Math.min(ceilDiv(before, scale) + 1, capacity)
  const durationMs = Math.min(atMostMs, forMs * factor ** (level - 1))
  // Forgetting begins when the ban is over.
  const after = lacking(Math.min(before + scale, capacity * scale), now + durationMs * 1000, rule)
  return { ban: { level, durationMs }, after }
}
