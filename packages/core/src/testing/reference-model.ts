/** A model of every store: the rules of deciding written out in exact arithmetic, without a thought for speed. */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { Migrate } from '../migrate.ts'
import type { Call, Charge, HeldCharge, Hold, LimitFacts, SyncStore, Terms, Verdict } from '../store.ts'
import { fraction, least, minus, plus } from './fraction.ts'
import {
  canOwe,
  comesBack,
  converted,
  credited,
  isForgotten,
  newBucket,
  type ReferenceBucket,
  standing,
  type TokenTerms,
} from './reference-bucket.ts'

/** The model as a store, with the time that it is told. It knows token buckets. */
export interface ReferenceStore extends SyncStore {
  setNowUs(now: Micros): void
  /**
   * Whether it has answered about a bucket that was full at a time from which the clock stepped back. A store may have forgotten that
   * one, or not yet; from there on two right stores may differ.
   */
  doubtful(): boolean
}

/** An empty model, to compare a store with step by step. */
export function referenceStore(): ReferenceStore {
  const buckets = new Map<string, ReferenceBucket>()
  const blocks = new Map<string, Micros>()
  const open = new Set<Hold>()
  const perhapsForgotten = new Set<ReferenceBucket>()
  let doubtful = false
  let now: Micros = 0

  const name = (limit: LimitFacts, key: string): string => `${limit.name.length}:${limit.name}${key}`
  const blockedFor = (id: string): Micros => Math.max(0, (blocks.get(id) ?? 0) - now)
  const live = (id: string): ReferenceBucket | undefined => {
    const bucket = buckets.get(id)
    if (bucket !== undefined && perhapsForgotten.has(bucket)) doubtful = true
    return bucket === undefined || isForgotten(bucket, now) ? undefined : bucket
  }

  function enter({ limit, key, terms, cost }: Charge, how: Migrate): Pick<Look, 'bucket' | 'keep'> {
    const own = terms as TokenTerms
    const stored = live(name(limit, key))
    if (stored === undefined) return { bucket: newBucket(own, now), keep: cost > 0 && own.initial < own.rule.capacity }
    const current = credited(stored, now)
    const keep = current.at < stored.at
    if (stored.terms.version > own.version) return { bucket: current, keep }
    if (sameNumbers(stored.terms, own)) return { bucket: { ...current, terms: own }, keep }
    return { bucket: credited(converted(current, own, how), now), keep: true }
  }

  function look(charge: Charge, how: Migrate): Look {
    const { bucket, keep } = enter(charge, how)
    const blockedUs = charge.cost === 0 ? 0 : blockedFor(name(charge.limit, charge.key))
    return { charge, bucket, keep, status: statusOf(charge.limit, bucket, now, charge.cost, blockedUs) }
  }

  /** Lets an admitted charge pay, if it is to, and keeps what is to be kept. */
  function take({ charge, bucket, keep, status }: Look, action: Call['action'], pays: boolean): LimitStatus {
    const { limit, key, cost } = charge
    const after = pays ? { ...bucket, missing: plus(bucket.missing, fraction(cost)) } : bucket
    if (action !== 'peek' && (keep || (pays && cost > 0))) buckets.set(name(limit, key), after)
    return pays ? { ...statusOf(limit, after, now, cost, 0), allowed: true, retryAfterMs: 0 } : status
  }

  function decide(call: Call): Verdict {
    const { action, charges, migrate } = call
    const looks = charges.map((charge) => look(charge, migrate))
    const allowed = looks.every(({ status }) => status.allowed || status.shadow)
    const pays = ({ status, charge }: Look): boolean =>
      allowed && status.allowed && (action === 'consume' || (action === 'reserve' && charge.limit.debit === 'before'))
    const limits = looks.map((seen) => take(seen, action, pays(seen)))
    if (!allowed && call.undo.length > 0) return undo(call)
    if (!allowed || action !== 'reserve') return { allowed, limits, undone: [], hold: null, decidedBy: 'store' }
    const admitted = looks.filter(({ status }) => status.allowed)
    const entries = admitted.map((seen): HeldCharge => {
      const { limit, key, cost } = seen.charge
      return { limit, key, terms: seen.bucket.terms, units: pays(seen) ? cost : 0, at: Math.max(now, seen.bucket.at) }
    })
    const hold = { id: '', entries }
    open.add(hold)
    return { allowed, limits, undone: [], hold, decidedBy: 'store' }
  }

  function undo({ charges, migrate, undo: holds }: Call): Verdict {
    const given = holds.filter((hold) => open.delete(hold)).flatMap((hold) => hold.entries)
    for (const held of given) settleOne(held, 0)
    const again = ({ limit, key }: Charge): number =>
      given.reduce((sum, held) => sum + (held.limit.name === limit.name && held.key === key ? held.units : 0), 0)
    return {
      allowed: false,
      limits: charges.map((charge) => look({ ...charge, cost: charge.cost + again(charge) }, migrate).status),
      undone: given.map((held) => look({ ...held, cost: held.units }, migrate).status),
      hold: null,
      decidedBy: 'store',
    }
  }

  function settleOne(held: HeldCharge, actual: number): number {
    const id = name(held.limit, held.key)
    const stored = live(id)
    if (actual > held.units) {
      const bucket = stored === undefined ? newBucket(held.terms as TokenTerms, now) : credited(stored, now)
      const owed = canOwe(actual - held.units, bucket)
      buckets.set(id, { ...bucket, missing: plus(bucket.missing, fraction(owed)) })
      return actual - held.units - owed
    }
    if (actual === held.units || stored === undefined) return 0
    const bucket = credited(stored, now)
    if (held.at <= Math.max(now, bucket.at) && bucket.at >= stored.at)
      buckets.set(id, { ...bucket, missing: minus(bucket.missing, comesBack(held, actual, bucket, now)) })
    return 0
  }

  return {
    sync: true,
    setNowUs(us) {
      if (us < now) for (const bucket of buckets.values()) if (isForgotten(bucket, now)) perhapsForgotten.add(bucket)
      now = us
    },
    doubtful: () => doubtful,
    decide,
    settle(hold, actual) {
      const first = open.delete(hold)
      return { first, excess: hold.entries.map((held, i) => (first ? settleOne(held, actual[i] ?? held.units) : 0)) }
    },
    renew: (hold) => open.has(hold),
    refund(charges) {
      for (const { limit, key, cost } of charges) {
        const stored = live(name(limit, key))
        if (stored === undefined) continue
        const bucket = credited(stored, now)
        buckets.set(name(limit, key), { ...bucket, missing: minus(bucket.missing, least(bucket.missing, fraction(cost))) })
      }
    },
    inspect(limit, key, terms) {
      const stored = live(name(limit, key))
      const blockedUs = blockedFor(name(limit, key))
      if (stored !== undefined) return statusOf(limit, credited(stored, now), now, 1, blockedUs)
      if (blockedUs === 0) return null
      return statusOf(limit, newBucket((terms as TokenTerms | null) ?? unknownTerms, now), now, terms === null ? 0 : 1, blockedUs)
    },
    reset(limit, key) {
      buckets.delete(name(limit, key))
      blocks.delete(name(limit, key))
    },
    block(limit, key, durationMs) {
      if (durationMs === 0) blocks.delete(name(limit, key))
      else blocks.set(name(limit, key), now + durationMs * 1000)
    },
    close() {
      buckets.clear()
      blocks.clear()
    },
  }
}

/** Terms of which nothing is known. */
const unknownTerms: TokenTerms = {
  rule: { kind: 'token-bucket', mode: 'greedy', capacity: 0, refill: 0, perMs: 1, rate: 1, scale: 1, periodUs: 1000 },
  initial: 0,
  version: 0,
}

/** A charge as it would be decided by itself. */
interface Look {
  readonly charge: Charge
  readonly bucket: ReferenceBucket
  /** Whether the bucket is to be kept as it is now even if the charge is refused. */
  readonly keep: boolean
  readonly status: LimitStatus
}

function sameNumbers(a: Terms, b: Terms): boolean {
  return JSON.stringify(a.rule) === JSON.stringify(b.rule)
}

function statusOf(limit: LimitFacts, bucket: ReferenceBucket, now: Micros, cost: number, blockedUs: Micros): LimitStatus {
  const { rule } = bucket.terms
  const { admits, remaining, retryUs, replenishUs, resetUs } = standing(bucket, now, cost)
  const wait = (us: Micros): number => Math.ceil(Math.max(us, blockedUs) / 1000)
  return {
    name: limit.name,
    allowed: admits && blockedUs === 0,
    shadow: limit.shadow,
    near: rule.capacity - remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining: blockedUs === 0 ? remaining : 0,
    retryAfterMs: retryUs === null ? null : wait(retryUs),
    replenishAfterMs: wait(replenishUs),
    resetAfterMs: wait(resetUs),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
  }
}
