/** When a limit bans: the options, and the terms that a store carries out. */

import { parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { BanOptions } from '../limit.ts'
import { checkOptions } from '../options.ts'
import type { CountingRule } from '../rules/kind.ts'
import { slidingWindow } from '../rules/sliding-window/sliding-window.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { wholeNumber } from '../rules/whole-number.ts'
import type { BanBucket, BanTerms } from '../store.ts'

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
