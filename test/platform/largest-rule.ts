/** What the largest of several rules of one kind would have admitted alone, at most, over an interval. */
import type { Rule } from '@sluice/core'
import type { Admission } from './changes.ts'

/** Numbers of a rule; capacity and refill are units. */
export interface Numbers {
  readonly capacity: number
  readonly refill: number
  readonly perMs: number
}

/** How a kind of rule brings units back. */
export type Returning = 'steadily' | 'at boundaries' | 'window by window' | 'with each own time' | 'each in its own way'

/** An interval with too much in it. */
export interface TooMuch {
  readonly fromUs: number
  readonly toUs: number
  readonly admitted: number
  /** How often the bucket was reset in it: each time, one capacity more is admitted. */
  readonly resets: number
  readonly rules: readonly Numbers[]
}

/** The first interval in which more was admitted than the largest of the rules in force in it would have admitted alone. */
export function tooMuchIn(admissions: readonly Admission[], returning: Returning): TooMuch | undefined {
  for (const [from, first] of admissions.entries()) {
    const rules = new Set<Rule>([first.rule])
    let admitted = first.units
    let resets = 0
    for (const { atUs, units, rule, since, resets: times } of admissions.slice(from + 1)) {
      for (const one of [rule, ...since]) rules.add(one)
      admitted += units
      resets += times
      const interval = { fromUs: first.atUs, toUs: atUs, admitted, resets, rules: [...rules].map((one) => one as Rule & Numbers) }
      if (!keepsBound(interval, returning)) return interval
    }
  }
  return undefined
}

/**
 * Whether an interval holds no more than the largest of the rules in force in it would have admitted: the largest capacity, refilled at
 * the highest rate.
 */
function keepsBound({ fromUs, toUs, admitted, resets, rules }: TooMuch, returning: Returning): boolean {
  const capacity = Math.max(...rules.map((rule) => rule.capacity))
  const counted = admitted - resets * capacity
  return rules.some(({ refill, perMs }) => {
    const periodUs = perMs * 1000
    const boundaries = Math.floor(toUs / periodUs) - Math.floor(fromUs / periodUs)
    const periods = Math.floor((toUs - fromUs) / periodUs)
    const most = {
      steadily: capacity + (refill * (toUs - fromUs)) / periodUs,
      'at boundaries': capacity + refill * boundaries,
      // The last units of one window, whole windows, and the first units of the next.
      'window by window': capacity * (periods + 2),
      'with each own time': capacity * (periods + 1),
      // No rule alone bounds what each brought back in its time. At one moment nothing comes back.
      'each in its own way': toUs > fromUs ? Number.POSITIVE_INFINITY : capacity,
    }[returning]
    // The numbers are small: what a double rounds is far less than a part of a unit.
    return counted <= most + 1e-6
  })
}
