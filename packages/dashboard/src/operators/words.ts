/** Numbers, times and the first sentence of the operators' page, in words. */
import { durationText } from '../durations.ts'
import type { LiveState } from '../live/live-state.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** A count, such as `1,240`. */
export function countText(count: number): string {
  return whole.format(count)
}

/** So many in a second: `1,240`, below ten `3.2`, and a rate that is not nothing is never `0.0`. */
export function rateText(rate: number): string {
  if (rate === 0) return '0'
  if (rate < 0.1) return '< 0.1'
  return rate < 9.95 ? tenths.format(rate) : whole.format(rate)
}

/** A share, such as `0.8 %`. What is not nothing is never `0 %`. */
export function shareText(share: number): string {
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? tenths.format(percent) : whole.format(percent)} %`
}

/** Milliseconds of a call, such as `1.3 ms`. */
export function millisecondsText(ms: number | null): string {
  if (ms === null) return 'none'
  return ms < 9.95 ? `${tenths.format(ms)} ms` : `${whole.format(ms)} ms`
}

/** A time that has passed or is to come, such as `3 minutes`. Rounded up. */
export function spanText(ms: number): string {
  return durationText(ms, 'long', 'en')
}

/** What the page says first: how much comes, how much of it is refused, and whether the stores answer. */
export function headingText(state: LiveState): string {
  const { decisions, refused, atMs } = state
  const traffic =
    decisions === 0
      ? 'No decisions in the last 10 seconds'
      : `${rateText(decisions)} decisions a second, ${refused === 0 ? 'none' : shareText(refused / decisions)} refused`
  const [outage] = state.outages
  if (outage === undefined) return `${traffic}. ${state.storeCalls > 0 ? 'The store answers.' : 'No outage.'}`
  const what = outage.provider === null ? 'The store' : `The store of ${outage.provider}`
  return `${traffic}. ${what} has not answered for ${spanText(atMs - outage.sinceMs)}.`
}
