/**
 * Windows of the calendar, decided purely from a list of their beginnings.
 *
 * `used` counts the scaled units of the window that `last` lies in. The list is data: a store without time zones, such as Redis, is
 * sent the one that `windowsAround` makes, and decides by it and its own clock. What lies beyond the list is taken as windows of the
 * longest length: nothing comes back early, and only debts of many windows come back late.
 */

import type { Micros } from '../clock.ts'
import type { Algorithm, Unused } from './algorithm.ts'
import { windowsAround } from './calendar.ts'
import type { CalendarWindowRule } from './calendar-window-rule.ts'
import { countingAlgorithm, ofOneWindow } from './counting.ts'
import type { BucketState } from './rule.ts'
import { ceilDiv, floorDiv } from './whole-number.ts'

function advance(state: BucketState, now: Micros, rule: CalendarWindowRule): BucketState {
  const { used, last } = state
  if (now > last)
    return { used: Math.max(0, used - rule.rate * windowsBegun(last, now, rule, windowsAround(rule, now))), last: now, carried: 0 }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  return last - now > ceilDiv(used, rule.rate) * rule.longestUs ? { used, last: now, carried: 0 } : state
}

function waitFor(units: number, { used, last }: BucketState, now: Micros, rule: CalendarWindowRule): Micros {
  const need = units * rule.scale - (rule.capacity * rule.scale - used)
  return startOfNext(ceilDiv(need, rule.rate), Math.max(now, last), rule, windowsAround(rule, now)) - now
}

function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: CalendarWindowRule): number {
  const begun = now > chargedAt ? windowsBegun(chargedAt, now, rule, windowsAround(rule, now)) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - rule.rate * begun))
}

/** How many windows have begun after `from`, up to and with `to`. */
export function windowsBegun(from: Micros, to: Micros, { longestUs }: CalendarWindowRule, starts: readonly Micros[]): number {
  const first = starts[0]!
  let begun = from < first && to >= first ? floorDiv(first - from - 1, longestUs) : 0
  for (const start of starts) if (start > from && start <= to) begun++
  return begun
}

/** When the nth window after that of `at` begins, from 1. */
export function startOfNext(nth: number, at: Micros, { longestUs }: CalendarWindowRule, starts: readonly Micros[]): Micros {
  let present = 0
  while (present + 1 < starts.length && starts[present + 1]! <= at) present++
  const beyond = present + nth - (starts.length - 1)
  return beyond > 0 ? starts[starts.length - 1]! + beyond * longestUs : starts[present + nth]!
}

/** Windows of the calendar as the stores use them. */
export const calendarWindowAlgorithm: Algorithm<CalendarWindowRule> = countingAlgorithm({ ...ofOneWindow, advance, returnable, waitFor })
