/**
 * Bounds what one script does, so that it holds the server for less than a millisecond and stays within the limits of Lua.
 *
 * Work is counted in microseconds of an idle server, on the general path. `pnpm --filter @sluice/test script-time`
 * prints what scripts take.
 */
import { type Charge, type CountingRule, SluiceError } from '@sluice/core'
import { allowsPartialGrant, SLUICE_LIMITS_MANY } from '@sluice/core/internal'
import { guaranteedRule } from '../kinds/guaranteed.ts'
import { kindOf } from '../kinds/kinds.ts'
import type { NamedCall } from '../wire/call-text.ts'

/** Work of one call at most. It also keeps keys under 340 and different terms under 170, far from where Lua and the wire format end. */
const mostAlone = 1000
/** Work of the calls of one group: less, because a second group costs little. */
const mostInGroup = 650
/** Calls of one script at most: the answers of all of them come together. */
const mostCalls = 64

const usualWork = 7.5
const leastWork = 6
const longestWork = 30
const workOfRule = 1

/** Limits in one call at most, where all are greedy token buckets. */
export const mostLimits: number = Math.floor(mostAlone / leastWork)
/** Calls with so few charges need no look. */
const alwaysFits = Math.floor(mostAlone / (longestWork + workOfRule))

/** @throws SluiceError `SLUICE_LIMITS_MANY` for a call that one script cannot decide in its time */
export function checkWork(charges: readonly Charge[]): void {
  if (charges.length <= alwaysFits) return
  const work = workOf(charges)
  if (work <= mostAlone) return
  throw new SluiceError(SLUICE_LIMITS_MANY, { count: charges.length, most: Math.floor((mostAlone * charges.length) / work) })
}

/** Whether one script can deal with all of these: charges, or what holds have charged. */
export function fits(charges: readonly Pick<Charge, 'terms'>[]): boolean {
  return charges.length <= alwaysFits || workOf(charges) <= mostAlone
}

/** Parts of a list that one script each can deal with. */
export function partsThatFit<T extends Pick<Charge, 'terms'>>(charges: readonly T[]): readonly (readonly T[])[] {
  if (fits(charges)) return [charges]
  return Array.from({ length: Math.ceil(charges.length / alwaysFits) }, (_, i) => charges.slice(i * alwaysFits, (i + 1) * alwaysFits))
}

/** How many of the calls that wait go in one script: the first in any case, and those after it that do not make it too long. */
export function countInOneGroup(waiting: readonly { readonly question: NamedCall }[]): number {
  if (waiting.length < 2) return waiting.length
  const rules = new Set<CountingRule>()
  let work = 0
  for (const [i, { question }] of waiting.entries()) {
    if (i === mostCalls) return i
    const { charges } = question.call
    const searches = allowsPartialGrant(question.call) ? workOfSearch(charges) : 1
    for (const charge of charges) {
      work += workOfCharge(charge) * searches
      rules.add(charge.terms.rule)
    }
    if (i > 0 && work + rules.size * workOfRule > mostInGroup) return i
  }
  return waiting.length
}

function workOf(charges: readonly Pick<Charge, 'terms'>[]): number {
  const rules = new Set<CountingRule>()
  let work = 0
  for (const charge of charges) {
    work += workOfCharge(charge)
    rules.add(charge.terms.rule)
  }
  return work + rules.size * workOfRule
}

function workOfCharge({ terms: { rule } }: Pick<Charge, 'terms'>): number {
  return kindOf(rule)?.workUs?.(rule) ?? usualWork
}

/** A partial grant decides twice, and beside a guarantee once for each halving of what it may take. */
function workOfSearch(charges: readonly Charge[]): number {
  const { upTo = 1, cost = 1 } = charges.find((charge) => charge.upTo !== undefined) ?? {}
  const halvings = charges.some(({ terms }) => guaranteedRule(terms) !== undefined) ? Math.ceil(Math.log2(upTo - cost + 2)) : 0
  return 2 + halvings
}
