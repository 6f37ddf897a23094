/**
 * A model of guaranteed shares: a list of all children that have asked, read in full for every call.
 *
 * Stores keep sums instead of the list. They are right if they give the same answers.
 */
import type { Charge, HeldCharge, Hold, LimitFacts, LimitStatus, Micros, Terms } from '@sluice/core'
import type { GuaranteedRule } from '@sluice/core/internal'
import { floor, fraction, minus } from './fraction.ts'
import { credited, epochAt, type ReferenceBucket, sameNumbers } from './reference-bucket.ts'

/** Terms of a guaranteed share. */
export interface GuaranteedTerms extends Terms {
  readonly rule: GuaranteedRule
}

/** What the model keeps of a child. Periods are counted from the epoch. */
export interface ReferenceChild {
  /** Its parent's bucket, and whether it is only measured; `''` for one that has never asked. */
  readonly group: string
  readonly terms: GuaranteedTerms
  readonly activeIn: number
  readonly used: number
  readonly usedIn: number
  /** Identifies the latest change of its guarantee, or reset, until that moment; 0 where none matters. */
  readonly epoch: Micros
}

/** The parent's part in a call. */
export interface ReferenceParent {
  readonly key: string
  readonly cost: number
  readonly capacity: number
  /** Whole units left to it at a time, if none is taken. */
  leftAt(now: Micros): number
}

/** How a child stands, and whether it would admit a cost. */
export interface ChildLook {
  readonly child: ReferenceChild
  readonly admits: boolean
  readonly remaining: number
  readonly retryUs: number | null
}

/** A charge on a guaranteed share as it would be decided by itself. */
export interface GuaranteedLook {
  readonly charge: Charge
  readonly id: string
  readonly parent: ReferenceParent | undefined
  readonly seen: ChildLook
  readonly blockedUs: Micros
  readonly status: LimitStatus
}

/** Those of one store, by the identity of their buckets. */
export interface ReferenceChildren {
  look(id: string, charge: Charge, parent: ReferenceParent | undefined, now: Micros): ChildLook
  /** Marks a child as active, and charges it. */
  ask(id: string, charge: Charge, look: ChildLook, parent: ReferenceParent, units: number, now: Micros): ChildLook
  /** Takes units in hindsight, or gives them back where they are fewer than 0: within their period. */
  change(id: string, terms: Terms, units: number, chargedAt: Micros, now: Micros): void
  /** Whether units may return to a child: it is still in the epoch of their charge. */
  mayReturn(id: string, held: HeldCharge, now: Micros): boolean
  find(id: string, now: Micros): ReferenceChild | undefined
  reset(id: string, now: Micros): void
  clear(): void
}

/** No children yet. */
export function referenceChildren(): ReferenceChildren {
  const children = new Map<string, ReferenceChild>()

  function find(id: string, now: Micros): ReferenceChild | undefined {
    const child = children.get(id)
    return child !== undefined && (isActive(child, now) || usedAt(child, now) > 0) ? child : undefined
  }

  function enter(id: string, terms: GuaranteedTerms, now: Micros): ReferenceChild {
    const stored = find(id, now)
    const known = children.get(id)
    if (stored === undefined) return newChild(terms, known === undefined ? 0 : epochAt(known, now))
    if (stored.terms.version > terms.version) return stored
    return { ...stored, terms, epoch: sameNumbers(stored.terms.rule, terms.rule) ? epochAt(stored, now) : nextEpoch(stored, now) }
  }

  /** What is kept at some time for all but one, if no child asks until then. */
  function keptForOthers(group: string, id: string, now: Micros): number {
    let units = 0
    for (const [other, child] of children) {
      if (other !== id && child.group === group && isActive(child, now)) units += unusedAt(child, now)
    }
    return units
  }

  return {
    find,
    look(id, { limit, terms, cost }, parent, now) {
      const child = enter(id, terms as GuaranteedTerms, now)
      const remaining = unusedAt(child, now)
      if (parent === undefined) return { child, admits: true, remaining, retryUs: 0 }
      const group = groupOf(limit, parent)
      const admitsAt = (at: Micros): boolean =>
        cost <= unusedAt(child, at) || parent.cost + keptForOthers(group, id, at) <= parent.leftAt(at)
      if (cost === 0 || admitsAt(now)) return { child, admits: true, remaining, retryUs: 0 }
      const guarantee = child.terms.rule.capacity
      if (cost > Math.max(guarantee, parent.capacity)) return { child, admits: false, remaining, retryUs: null }
      const { periodUs } = child.terms.rule
      const next = (periodOf(child, now) + 1) * periodUs
      return { child, admits: false, remaining, retryUs: (admitsAt(next) ? next : next + periodUs) - now }
    },
    ask(id, { limit }, { child, admits, retryUs }, parent, units, now) {
      const period = periodOf(child, now)
      const marked = { ...child, group: groupOf(limit, parent), activeIn: period, used: usedAt(child, now) + units, usedIn: period }
      children.set(id, marked)
      return { child: marked, admits, remaining: unusedAt(marked, now), retryUs }
    },
    change(id, terms, units, chargedAt, now) {
      const child = find(id, now)
      if (child === undefined && units <= 0) return
      const known = child ?? enter(id, terms as GuaranteedTerms, now)
      const period = periodOf(known, now)
      if (units < 0 && periodOf(known, chargedAt) < period) return
      children.set(id, { ...known, used: Math.max(0, usedAt(known, now) + units), usedIn: period })
    },
    mayReturn(id, { terms, epoch: chargedIn = 0 }, now) {
      const child = children.get(id)
      const epoch = child === undefined ? 0 : epochAt(child, now)
      return child !== undefined && (epoch === 0 || epoch === chargedIn) && sameNumbers(terms.rule, child.terms.rule)
    },
    reset(id, now) {
      const child = children.get(id)
      if (child !== undefined) children.set(id, newChild(child.terms, nextEpoch(child, now)))
    },
    clear: () => children.clear(),
  }
}

function newChild(terms: GuaranteedTerms, epoch: Micros): ReferenceChild {
  return { group: '', terms, activeIn: Number.NEGATIVE_INFINITY, used: 0, usedIn: 0, epoch }
}

/** What was used comes back with the next period; until then a change matters. */
function nextEpoch(child: ReferenceChild, now: Micros): Micros {
  const back = usedAt(child, now) === 0 ? 0 : (periodOf(child, now) + 1) * child.terms.rule.periodUs
  const current = epochAt(child, now)
  return Math.max(back, current === 0 ? 0 : current + 1)
}

function groupOf({ parent, shadow }: LimitFacts, { key }: ReferenceParent): string {
  return JSON.stringify([parent, key, shadow])
}

function periodOf({ terms }: ReferenceChild, at: Micros): number {
  return Math.floor(at / terms.rule.periodUs)
}

function usedAt(child: ReferenceChild, now: Micros): number {
  return child.usedIn === periodOf(child, now) ? child.used : 0
}

function unusedAt(child: ReferenceChild, now: Micros): number {
  return Math.max(0, child.terms.rule.capacity - usedAt(child, now))
}

/** A child that has asked is active in that period and in the next. */
function isActive(child: ReferenceChild, now: Micros): boolean {
  const since = periodOf(child, now) - child.activeIn
  return since === 0 || since === 1
}

/** Where its parent was not charged, neither was a child. */
export function isAmong(parent: string | null, among: readonly { readonly limit: LimitFacts }[]): boolean {
  return among.some(({ limit }) => limit.name === parent)
}

/** Whether one of these holds charged the bucket of a charge. */
export function isHeldBy(holds: readonly Hold[], { limit, key }: Pick<Charge, 'limit' | 'key'>): boolean {
  return holds.some(({ entries }) => entries.some((held) => held.limit.name === limit.name && held.key === key))
}

/** The parent's part in a call, by its bucket at the time of that, which is not charged yet. */
export function parentFound({ key, cost }: Charge, bucket: ReferenceBucket): ReferenceParent {
  const { capacity } = bucket.terms.rule
  const leftAt = (at: Micros): number => Math.max(0, Number(floor(minus(fraction(capacity), credited(bucket, at).missing))))
  return { key, cost, capacity, leftAt }
}
