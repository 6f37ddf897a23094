/**
 * The most that one key can be admitted within a time, by the worst timing that its rule allows.
 *
 * A time t is any stretch of so many microseconds with both of its ends, wherever it lies. All numbers are exact, in units.
 */
import type {
  BurstMaxRule,
  CalendarWindowRule,
  CountingRule,
  FirstWindowRule,
  LifetimeQuotaRule,
  Micros,
  SlidingLogRule,
  SlidingWindowRule,
  TokenBucketRule,
} from '@sluice/core'
import { windowsAround } from '@sluice/core/internal'

/** The most units in a time; `null` where the rule has no bound in time. */
type Most<R extends CountingRule> = (rule: R, us: bigint, now: Micros) => bigint | null

/** The bound of each kind. A greedy bucket and exact windows reach it, and others may stay a few units below. */
const bounds: Readonly<Record<string, Most<never>>> = {
  'token-bucket': ((rule, us) => {
    const { capacity, rate, scale, periodUs, mode } = scaled(rule)
    if (mode === 'greedy') return capacity + (rate * us) / scale
    // At the end of a period all that comes back at once fits into the bucket, and no more.
    return capacity + (min(rate, capacity * scale) * ceil(us, periodUs)) / scale
  }) satisfies Most<TokenBucketRule>,
  // So many periods touch the time, and the first may borrow from one behind them.
  'burst-max': ((rule, us) => {
    const { capacity, rate, scale, periodUs } = scaled(rule)
    return capacity === 0n ? 0n : (capacity * scale + rate * ceil(us, periodUs)) / scale
  }) satisfies Most<BurstMaxRule>,
  // Windows begin with the time, or one that began before has all but one unit left.
  'first-window': ((rule, us) => {
    const { capacity, periodUs } = scaled(rule)
    return capacity === 0n ? 0n : max(capacity * (us / periodUs + 1n), capacity - 1n + capacity * ceil(us, periodUs))
  }) satisfies Most<FirstWindowRule>,
  'calendar-window': ((rule, us, now) => BigInt(rule.capacity) * windowsTouched(rule, us, now)) satisfies Most<CalendarWindowRule>,
  'sliding-log': ((rule, us) => {
    const { capacity, periodUs } = scaled(rule)
    return capacity * (us / periodUs + 1n)
  }) satisfies Most<SlidingLogRule>,
  // A whole window, and what the estimate of the next ones lets through.
  'sliding-window': ((rule, us) => {
    const { capacity, periodUs } = scaled(rule)
    return capacity + (capacity * (us - 1n)) / periodUs
  }) satisfies Most<SlidingWindowRule>,
  'lifetime-quota': ((rule) => BigInt(rule.capacity)) satisfies Most<LifetimeQuotaRule>,
}

/**
 * The most units that one key is admitted in any stretch of time as long as this.
 * @param us - the length of the stretch in microseconds, whole, from 1
 * @param now - around when: only days, weeks, months and years of the calendar depend on it
 * @returns `null` for `concurrency`, which counts what is in flight, and for a rule that is unknown here
 */
export function worstCase(rule: CountingRule, us: Micros, now: Micros): bigint | null {
  const most = bounds[rule.kind] as Most<CountingRule> | undefined
  return most?.(rule, BigInt(us), now) ?? null
}

/** How many windows of a calendar a time can touch, among 400 before and some after now. */
function windowsTouched(rule: CalendarWindowRule, us: bigint, now: Micros): bigint {
  const starts = windowsAround(rule, now, 400)
  // The worst time begins a microsecond before a window, and ends as many windows later as fit.
  const begun = starts.map((start, i) => starts.filter((later, at) => at >= i && later < start + Number(us)).length)
  return BigInt(1 + Math.max(...begun))
}

interface Scaled {
  readonly mode?: string
  readonly capacity: bigint
  readonly rate: bigint
  readonly scale: bigint
  readonly periodUs: bigint
}

/** The numbers of a rule, in which no product is rounded. */
function scaled(rule: CountingRule & { readonly mode?: string; readonly rate?: number; readonly periodUs: number }): Scaled {
  const { mode = '', capacity, rate = 0, scale, periodUs } = rule
  return { mode, capacity: BigInt(capacity), rate: BigInt(rate), scale: BigInt(scale), periodUs: BigInt(periodUs) }
}

const ceil = (a: bigint, b: bigint): bigint => (a + b - 1n) / b
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
