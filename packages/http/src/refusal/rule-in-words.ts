/** A rule as people read it: "100 a minute, at most 20 at once". */
import type { LimitStatus } from '@sluice/core'
import { isLasting, paceOf } from '../headers/disclosed-limits.ts'
import { inWords } from './refusal-sentence.ts'

const named = new Map([
  [1000, 'second'],
  [60_000, 'minute'],
  [86_400_000, 'day'],
  [604_800_000, 'week'],
])

/** What a limit admits. @param status - as a decision has it */
export function ruleInWords(status: Pick<LimitStatus, 'rule' | 'capacity'>): string {
  const { refill, periodMs, unit } = paceOf(status)
  const capacity = counted(status.capacity)
  if (unit === 'concurrent-requests') return `${capacity} at the same time`
  if (isLasting(status)) return `${capacity} in all`
  const { period, timeZone } = status.rule as { readonly period?: unknown; readonly timeZone?: unknown }
  if (typeof period === 'string') return `${capacity} a calendar ${period} in ${timeZone}`
  if (refill === null || periodMs === null) return `at most ${capacity} at once`
  const pace = `${counted(refill)} ${per(periodMs)}`
  return refill === status.capacity ? pace : `${pace}, at most ${capacity} at once`
}

function per(periodMs: number): string {
  if (periodMs === 3_600_000) return 'an hour'
  const name = named.get(periodMs)
  if (name !== undefined) return `a ${name}`
  return periodMs % 1000 === 0 ? `every ${inWords(periodMs)}` : `every ${counted(periodMs)} milliseconds`
}

/** Made once, at the first use: `toLocaleString` takes much longer. */
let format: Intl.NumberFormat | undefined

function counted(units: number): string {
  format ??= new Intl.NumberFormat('en', { maximumFractionDigits: 3 })
  return format.format(units)
}
