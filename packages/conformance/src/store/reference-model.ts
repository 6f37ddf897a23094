/** A model of every store: the rules of deciding written out in exact arithmetic, without a thought for speed. */
import type { Call, Charge, HeldCharge, Hold, LimitFacts, LimitStatus, Micros, Migrate, SyncStore, Verdict } from '@sluice/core'
import { isGuaranteed } from '@sluice/core/internal'
import { fraction } from './fraction.ts'
import { referenceBans } from './reference-bans.ts'
import {
  canOwe,
  charged,
  converted,
  credited,
  epochAt,
  isForgotten,
  mayReturn,
  newBucket,
  type ReferenceBucket,
  refunded,
  resetBucket,
  returned,
  sameNumbers,
  type TokenTerms,
} from './reference-bucket.ts'
import { type GuaranteedLook, isAmong, isHeldBy, parentFound, referenceChildren } from './reference-children.ts'
import { referenceHolds } from './reference-holds.ts'
import { blockedAlone, childStatus, type Look, statusOf } from './reference-status.ts'

/** The model as a store, with the time that it is told. It knows token buckets, and guaranteed shares of those by interval. */
export interface ReferenceStore extends SyncStore {
  setNowUs(now: Micros): void
  /** Whether it has answered about a bucket that was full when the clock stepped back. A store may have forgotten that one, or not yet. */
  doubtful(): boolean
}

/** An empty model, to compare a store with step by step. */
export function referenceStore(): ReferenceStore {
  const buckets = new Map<string, ReferenceBucket>()
  const children = referenceChildren()
  const blocks = new Map<string, Micros>()
  const bans = referenceBans()
  const holds = referenceHolds()
  const perhapsForgotten = new Set<ReferenceBucket>()
  let doubtful = false
  let now: Micros = 0

  const keysByLimit = new Map<string, Set<string>>()
  const name = (limit: LimitFacts, key: string): string => {
    keysByLimit.set(limit.name, (keysByLimit.get(limit.name) ?? new Set<string>()).add(key))
    return `${limit.name.length}:${limit.name}${key}`
  }
  const blockedFor = (id: string): Micros => Math.max(0, (blocks.get(id) ?? 0) - now)
  const live = (id: string): ReferenceBucket | undefined => {
    const bucket = buckets.get(id)
    if (bucket !== undefined && perhapsForgotten.has(bucket)) doubtful = true
    return bucket === undefined || isForgotten(bucket, now) ? undefined : bucket
  }

  const epochOf = (limit: LimitFacts, key: string): Micros => epochAt(buckets.get(name(limit, key)) ?? { epoch: 0 }, now)
  const keepBucket = (id: string, bucket: ReferenceBucket): void => void buckets.set(id, { ...bucket, epoch: epochAt(bucket, now) })

  function enter({ limit, key, terms, cost }: Charge, how: Migrate): Pick<Look, 'bucket' | 'keep'> {
    const own = terms as TokenTerms
    const stored = live(name(limit, key))
    if (stored === undefined) return { bucket: newBucket(own, now, epochOf(limit, key)), keep: cost > 0 && own.initial < own.rule.capacity }
    const current = credited(stored, now)
    const keep = current.at < stored.at
    if (stored.terms.version > own.version) return { bucket: current, keep }
    if (sameNumbers(stored.terms.rule, own.rule)) return { bucket: { ...current, terms: own }, keep }
    return { bucket: credited(converted(current, own, how, now), now), keep: true }
  }

  function look(charge: Charge, how: Migrate): Look {
    const { bucket, keep } = enter(charge, how)
    const blockedUs = charge.cost === 0 ? 0 : blockedFor(name(charge.limit, charge.key))
    return { charge, bucket, keep, status: statusOf(charge.limit, bucket, now, charge.cost, blockedUs) }
  }

  /** Lets an admitted charge pay, if it is to, and keeps what is to be kept. */
  function take({ charge, bucket, keep, status }: Look, action: Call['action'], pays: boolean): LimitStatus {
    const { limit, key, cost } = charge
    const after = pays ? charged(bucket, fraction(cost)) : bucket
    if (action !== 'peek' && (keep || (pays && cost > 0))) keepBucket(name(limit, key), after)
    return pays ? { ...statusOf(limit, after, now, cost, 0), allowed: true, retryAfterMs: 0 } : status
  }

  /** As `look`, for a guaranteed share: beside the parent, which is not charged yet. */
  function lookBeside(charge: Charge, among: readonly Charge[], how: Migrate): GuaranteedLook {
    const id = name(charge.limit, charge.key)
    const parentCharge = among.find((other) => other.limit.name === charge.limit.parent)
    const parent = parentCharge && parentFound(parentCharge, enter(parentCharge, how).bucket)
    const seen = children.look(id, charge, parent, now)
    const blockedUs = charge.cost === 0 ? 0 : blockedFor(id)
    return { charge, id, parent, seen, blockedUs, status: childStatus(charge, seen, now, blockedUs) }
  }

  function takeBeside({ charge, id, parent, seen, blockedUs, status }: GuaranteedLook, action: Call['action'], pays: boolean): LimitStatus {
    if (action === 'peek' || charge.cost === 0 || blockedUs > 0 || parent === undefined) return status
    return childStatus(charge, children.ask(id, charge, seen, parent, pays ? charge.cost : 0, now), now, 0)
  }

  function lookAmong(charge: Charge, among: readonly Charge[], how: Migrate): Look | GuaranteedLook {
    return isGuaranteed(charge.terms.rule) ? lookBeside(charge, among, how) : look(charge, how)
  }

  /** The charges with the most units that pass, found by trying. */
  function partialGrant({ charges, migrate }: Call): readonly Charge[] {
    const partial = charges.find(({ upTo }) => upTo !== undefined)
    if (partial === undefined) return charges
    const asking = (cost: number): Charge[] => charges.map((charge) => (charge.upTo === undefined ? charge : { ...charge, cost }))
    const passes = (cost: number): boolean =>
      asking(cost).every((charge, _, among) => charge.limit.shadow || lookAmong(charge, among, migrate).status.allowed)
    const largest = Math.max(...charges.map((charge) => lookAmong(charge, charges, migrate).status.capacity))
    let units = partial.upTo!
    while (units > partial.cost && !passes(units)) units = Math.max(partial.cost, Math.min(units - 1, largest))
    return asking(units)
  }

  function decide(call: Call): Verdict {
    const { action, migrate } = call
    const charges = action === 'consume' ? partialGrant(call) : call.charges
    const looks = charges.map((charge) => lookAmong(charge, charges, migrate))
    const allowed = looks.every(({ status }) => status.allowed || status.shadow)
    // A later stage that is refused gives the earlier ones back, and leaves their buckets at that: its rules do not end their epochs.
    const given = allowed ? [] : giveBack(call.undo)
    const pays = ({ status, charge }: Look | GuaranteedLook): boolean =>
      allowed && status.allowed && (action === 'consume' || (action === 'reserve' && charge.limit.debit === 'before'))
    const limits = looks.map((seen) => {
      const does = allowed || !isHeldBy(call.undo, seen.charge) ? action : 'peek'
      return 'seen' in seen ? takeBeside(seen, does, pays(seen)) : take(seen, does, pays(seen))
    })
    if (!allowed && call.undo.length > 0) return refusalAfterUndo(call, given)
    if (!allowed || action !== 'reserve') return { allowed, limits, undone: [], hold: null, decidedBy: 'store' }
    const admitted = looks.filter((seen) => seen.status.allowed && !('seen' in seen && seen.parent === undefined))
    const entries = admitted.map((seen): HeldCharge => {
      const { limit, key, cost } = seen.charge
      const units = pays(seen) ? cost : 0
      if ('seen' in seen) return { limit, key, terms: seen.seen.child.terms, units, at: now, epoch: epochAt(seen.seen.child, now) }
      const { terms, at } = seen.bucket
      return { limit, key, terms, units, at: Math.max(now, at), epoch: epochAt(seen.bucket, now) }
    })
    const hold = { id: '', entries }
    holds.add(hold)
    return { allowed, limits, undone: [], hold, decidedBy: 'store' }
  }

  function giveBack(earlier: readonly Hold[]): (readonly HeldCharge[])[] {
    const stages = earlier.filter((hold) => holds.close(hold, now)).map(({ entries }) => entries)
    for (const stage of stages) for (const held of stage) settleOne(held, stage, 0)
    return stages
  }

  function refusalAfterUndo({ charges, migrate }: Call, stages: readonly (readonly HeldCharge[])[]): Verdict {
    const again = ({ limit, key }: Charge): number =>
      stages.flat().reduce((sum, held) => sum + (held.limit.name === limit.name && held.key === key ? held.units : 0), 0)
    const restored = charges.map((charge) => ({ ...charge, cost: charge.cost + again(charge) }))
    const statusAmong = (charge: Charge, among: readonly Charge[]): LimitStatus => lookAmong(charge, among, migrate).status
    const undoneOf = (stage: readonly HeldCharge[]): LimitStatus[] => {
      const given = stage.map((held) => ({ ...held, cost: held.units }))
      return given.map((charge) => statusAmong(charge, given))
    }
    return {
      allowed: false,
      limits: restored.map((charge) => statusAmong(charge, restored)),
      undone: stages.flatMap(undoneOf),
      hold: null,
      decidedBy: 'store',
    }
  }

  function settleOne(held: HeldCharge, among: readonly HeldCharge[], actual: number): number {
    const id = name(held.limit, held.key)
    if (isGuaranteed(held.terms.rule)) {
      const changes = actual > held.units || children.mayReturn(id, held, now)
      if (changes && isAmong(held.limit.parent, among)) children.change(id, held.terms, actual - held.units, held.at, now)
      return 0
    }
    const stored = live(id)
    if (actual > held.units) {
      const bucket = stored === undefined ? newBucket(held.terms as TokenTerms, now, epochOf(held.limit, held.key)) : credited(stored, now)
      const owed = canOwe(actual - held.units, bucket)
      keepBucket(id, charged(bucket, fraction(owed)))
      return actual - held.units - owed
    }
    if (actual === held.units || stored === undefined || !mayReturn(held, stored, now)) return 0
    const bucket = credited(stored, now)
    // Where the clock went back before the charge, or took the bucket back with it, all stays as it was.
    if (bucket.at >= stored.at && held.at <= Math.max(now, bucket.at)) keepBucket(id, returned(held, actual, bucket, now))
    return 0
  }

  return {
    sync: true,
    setNowUs(us) {
      if (us < now)
        for (const bucket of buckets.values()) if (isForgotten(bucket, now) && epochAt(bucket, now) === 0) perhapsForgotten.add(bucket)
      now = us
    },
    doubtful: () => doubtful,
    decide,
    settle(hold, actual) {
      if (holds.isOver(hold, now)) return { first: false, excess: hold.entries.map(() => 0), late: true }
      const first = holds.close(hold, now)
      return { first, excess: hold.entries.map((held, i) => (first ? settleOne(held, hold.entries, actual[i] ?? held.units) : 0)) }
    },
    renew: (hold) => holds.renew(hold, now),
    refund(charges) {
      for (const { limit, key, cost, terms } of charges) {
        if (isGuaranteed(terms.rule) && isAmong(limit.parent, charges)) children.change(name(limit, key), terms, -cost, now, now)
        const stored = live(name(limit, key))
        if (stored === undefined) continue
        keepBucket(name(limit, key), refunded(credited(stored, now), cost))
      }
    },
    inspect(limit, key, terms) {
      const stored = live(name(limit, key))
      const blockedUs = blockedFor(name(limit, key))
      if (stored !== undefined) return statusOf(limit, credited(stored, now), now, 1, blockedUs)
      if (blockedUs === 0) return null
      return terms === null ? blockedAlone(limit, blockedUs) : statusOf(limit, newBucket(terms as TokenTerms, now), now, 1, blockedUs)
    },
    resetAll(limit) {
      for (const key of keysByLimit.get(limit.name) ?? []) this.reset(limit, key)
    },
    reset(limit, key) {
      bans.clearBans(name(limit, key))
      const bucket = buckets.get(name(limit, key))
      const left = bucket && resetBucket(bucket, now)
      if (left === undefined) buckets.delete(name(limit, key))
      else buckets.set(name(limit, key), left)
      children.reset(name(limit, key), now)
      blocks.delete(name(limit, key))
    },
    block(limit, key, durationMs) {
      if (durationMs > 0) return void blocks.set(name(limit, key), now + durationMs * 1000)
      bans.clearBans(name(limit, key))
      blocks.delete(name(limit, key))
    },
    strike(limit, key) {
      const id = name(limit, key)
      if (limit.ban === undefined || blockedFor(id) > 0) return null
      const ban = bans.strike(id, limit.ban, now)
      if (ban !== null) blocks.set(id, now + ban.durationMs * 1000)
      return ban
    },
    blocked(limit, most) {
      const prefix = name(limit, '')
      const all = [...blocks].filter(([id, until]) => id.startsWith(prefix) && until > now).sort(([, a], [, b]) => b - a)
      return all.slice(0, most).map(([id, until]) => ({ key: id.slice(prefix.length), blockedForMs: Math.ceil((until - now) / 1000) }))
    },
    close: () => [buckets, children, blocks, bans].forEach((part) => void part.clear()),
  }
}
