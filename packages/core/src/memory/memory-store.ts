/** The memory store: buckets in this process, an answer at once. */

import { banKind } from '../ban-kind.ts'
import { type Bucket, epochAt, isExpired, underTerms } from '../buckets/bucket.ts'
import { allowsPartialGrant, partialGrant } from '../buckets/partial-grant.ts'
import { timeOfCharge } from '../buckets/settlement.ts'
import { inspectedStatus } from '../buckets/status.ts'
import { type Clock, clockOf, type Micros, microsOf } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import { SLUICE_BLOCKS_MANY } from '../errors.ts'
import { checkOptions, type Duration, parseDuration } from '../options.ts'
import { SluiceError } from '../sluice-error.ts'
import { type Call, type Charge, type LimitFacts, type Migrate, markGuarded, type SyncStore, type Terms, type Verdict } from '../store.ts'
import { wholeNumber } from '../whole-number.ts'
import { memoryFastPath } from './fast-path.ts'
import { type MemoryBuckets, type MemoryUsage, memoryBuckets } from './memory-buckets.ts'
import {
  admits,
  apply,
  giveBack,
  type MemoryCharge,
  type MemoryHold,
  memoryKindOf,
  pays,
  refund,
  renew,
  settle,
  slotOf,
} from './memory-charges.ts'
import { admitsAll, applyAll, hasOwnWay, lookAt, lookAtAll, termsBeside } from './memory-kind.ts'
import { overflowKey } from './memory-table.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Buckets kept at once, and as many blocked keys, from 1 to 16,777,216. While that many buckets are in use, keys of a limit without a
   * bucket share one overflow bucket. It also owes what such a key used beyond its reservation. While that many keys are blocked, `block`
   * throws `SLUICE_BLOCKS_MANY` and no ban begins. @default 1,000,000
   */
  readonly maxBuckets?: number | undefined
  /**
   * How long a reservation can be settled, from its charge or its last `renew()`. A later settlement leaves the charge as it is and is
   * reported as a fault `SLUICE_SETTLED_LATE`.
   * @default '10m'
   */
  readonly handleLifetime?: Duration | undefined
  /** Where the store takes its time from. @default the wall clock as of first use, moved on by the monotonic clock */
  readonly clock?: Clock | undefined
}

/** A store in this process. */
export interface MemoryStore extends SyncStore {
  /** Forgets every bucket and every block. */
  clear(): void
  /**
   * How full the store is: `buckets` of at most `maxBuckets` are held, and `overflowing` names the limits whose new keys share one bucket,
   * because the store was full. Each call takes a microsecond, whatever the number of keys.
   */
  usage(): MemoryUsage
}

/**
 * A store in this process's memory, where nothing needs installing.
 *
 * It is bounded: buckets that are full again are removed, and a flood of new keys never evicts a key that is blocked. It starts no timer
 * before it has a bucket, and never one that keeps the process alive.
 * @example
 * ```ts
 * const limiter = createLimiter({ store: memoryStore({ maxBuckets: 50_000 }), limits })
 * ```
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_OPTION_TYPE`
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  checkOptions(options, 'memoryStore', ['maxBuckets', 'handleLifetime', 'clock'])
  const maxBuckets = options.maxBuckets === undefined ? 1_000_000 : wholeNumber(options.maxBuckets, 'maxBuckets', 1, 2 ** 24)
  const clock = clockOf(options.clock)
  const handleLifetimeUs = parseDuration(options.handleLifetime ?? '10m', 'handleLifetime') * 1000
  return storeOnBuckets(memoryBuckets(maxBuckets, clock, handleLifetimeUs), clock)
}

/** The store of these buckets. */
export function storeOnBuckets(buckets: MemoryBuckets, clock: Clock): MemoryStore {
  const { blocks } = buckets
  const nowUs = (): Micros => microsOf(clock)
  const sweepNow = (): Micros => {
    const now = nowUs()
    buckets.sweepDue(now)
    return now
  }
  const store: MemoryStore = {
    sync: true,
    fastPath(charges) {
      // A copy of this store may decide in another way, and has its own `this`.
      return this === store ? memoryFastPath(buckets, clock, charges) : undefined
    },
    decide: (call) => decideUpTo(buckets, call, sweepNow()),
    settle: (hold, actual) => settle(buckets, hold as MemoryHold, actual, sweepNow()),
    renew: (hold) => renew(buckets, hold as MemoryHold, sweepNow()),
    refund(charges) {
      const now = sweepNow()
      for (const charge of charges) refund(buckets, charge, charges, now)
    },
    inspect: (limit, key, terms, how) => inspect(buckets, limit, key, terms, nowUs(), how),
    reset(limit, key) {
      limit.ban?.[banKind].clearInMemory(buckets, limit, key)
      buckets.reset(limit.name, key, nowUs())
    },
    resetAll: ({ name, ban }) => buckets.resetAll(ban === undefined ? [name] : [name, ban.strikes.limit.name, ban.levels.limit.name]),
    block(limit, key, durationMs) {
      if (durationMs === 0) limit.ban?.[banKind].clearInMemory(buckets, limit, key)
      const now = nowUs()
      if (durationMs > 0 && !blocks.hasRoom(limit.name, key, now))
        throw new SluiceError(SLUICE_BLOCKS_MANY, { most: buckets.tally.maxBuckets })
      blocks.block(limit.name, key, durationMs === 0 ? 0 : now + durationMs * 1000, now)
    },
    strike(limit, key) {
      const now = sweepNow()
      const chargeOne = (charge: Charge): LimitStatus => apply(buckets, charge, now, 'keepUsed', 'consume', true)
      return limit.ban?.[banKind].strikeInMemory(buckets, limit, key, now, chargeOne) ?? null
    },
    blocked: (limit, most) => blocks.blocked(limit.name, most, nowUs()),
    clear: buckets.clear,
    usage: buckets.usage,
    close: buckets.clear,
  }
  return markGuarded(store)
}

const noStatuses: readonly LimitStatus[] = Object.freeze([])

/** Peeks before it charges a partial grant. The store is synchronous, so no call comes between the peek and the charge. */
function decideUpTo(buckets: MemoryBuckets, call: Call, now: Micros): Verdict {
  if (!allowsPartialGrant(call)) return decide(buckets, call, now)
  const look = (charges: readonly Charge[]): Verdict => decide(buckets, { ...call, action: 'peek', charges, undo: [] }, now)
  return decide(buckets, { ...call, charges: partialGrant(call.charges, look) }, now)
}

/**
 * Asks every enforcing limit first, then lets each have its charge: nothing is written that would have to be taken back. A single
 * limit asks and charges in one go.
 *
 * This is the path of every request that does not take the fast path. There are no closures; `bench decide` measures it.
 */
function decide(buckets: MemoryBuckets, call: Call, now: Micros): Verdict {
  const { action, charges, migrate } = call
  if (hasOwnWay(charges) || call.undo.length > 0) return decideSlowly(buckets, call, now)
  let allowed = true
  if (charges.length > 1) for (const charge of charges) allowed &&= charge.limit.shadow || admits(buckets, charge, now, migrate)
  // Sized beforehand: an empty array makes room for seventeen at its first push.
  const limits = new Array<LimitStatus>(charges.length)
  for (let i = 0; i < charges.length; i++) {
    const status = apply(buckets, charges[i]!, now, migrate, action, allowed)
    if (!status.allowed && !status.shadow) allowed = false
    limits[i] = status
  }
  return verdictOf(buckets, call, allowed, limits, now)
}

/** Decides a call with charges on more than buckets, or of a later stage. A refusal returns the earlier stages, and leaves their buckets at that. */
function decideSlowly(buckets: MemoryBuckets, call: Call, now: Micros): Verdict {
  const found = lookAtAll(buckets, call, now)
  if (admitsAll(buckets, call, found, now)) return verdictOf(buckets, call, true, applyAll(buckets, call, found, now, true), now)
  if (call.undo.length === 0) return verdictOf(buckets, call, false, applyAll(buckets, call, found, now, false), now)
  const given = giveBack(buckets, call.undo, now)
  applyAll(buckets, call, lookAtAll(buckets, call, now), now, false)
  return refusalAfterUndo(buckets, call, given, now)
}

function verdictOf(buckets: MemoryBuckets, call: Call, allowed: boolean, limits: readonly LimitStatus[], now: Micros): Verdict {
  const hold = allowed && call.action === 'reserve' ? holdOf(buckets, call, limits, now) : null
  return { allowed, limits, undone: noStatuses, hold, decidedBy: 'store' }
}

function holdOf(buckets: MemoryBuckets, { charges, migrate }: Call, limits: readonly LimitStatus[], now: Micros): MemoryHold {
  const entries: MemoryCharge[] = []
  charges.forEach((charge, i) => {
    if (!limits[i]!.allowed) return
    const own = memoryKindOf(charge.terms.rule)
    const entry =
      own === undefined
        ? heldInBucket(buckets, charge, limits[i]!, migrate, now)
        : own.hold(buckets, charge, charges, () => heldInBucket(buckets, charge, limits[i]!, migrate, now), now)
    if (entry !== undefined) entries.push(entry)
  })
  return { id: '', entries, openIn: buckets.generation() }
}

/** What a hold remembers of a charge on a bucket. */
function heldInBucket(
  buckets: MemoryBuckets,
  { limit, key, terms, cost }: Charge,
  status: LimitStatus,
  how: Migrate,
  now: Micros,
): MemoryCharge {
  const table = buckets.table(limit.name)
  const slot = slotOf(buckets, table, key)
  const bucket = slot >= 0 && table.find(key) < 0 ? overflowKey : key
  const charged = slot < 0 ? undefined : table.read(slot)
  const at = charged === undefined ? now : timeOfCharge(charged.state, now)
  const under = charged === undefined ? terms : decidedUnder(charged, terms, status, now, how)
  const epoch = charged === undefined ? 0 : epochAt(charged, now)
  const units = pays(limit, 'reserve') ? cost : 0
  return { limit, key, bucket, terms: under, units, at, ...(epoch > 0 && { epoch }) }
}

/** The terms that decided, from the bucket after that. After a step back of the clock it may have expired. */
function decidedUnder(bucket: Bucket, terms: Terms, { rule }: LimitStatus, now: Micros, how: Migrate): Terms {
  return rule === terms.rule ? underTerms(bucket, terms, now, how).terms : bucket.terms
}

/** How all limits of a refused call stand, and what it gave back. */
function refusalAfterUndo(buckets: MemoryBuckets, { charges, migrate }: Call, given: readonly MemoryHold[], now: Micros): Verdict {
  const entries = given.flatMap((hold) => hold.entries)
  const again = charges.map((charge) => {
    // The same request would ask again for what was given back, together with this cost.
    const same = entries.filter((entry) => entry.limit.name === charge.limit.name && entry.key === charge.key)
    // What was held is summed first: beside the largest of costs each addition rounds.
    return { ...charge, cost: charge.cost + same.reduce((sum, entry) => sum + entry.units, 0) }
  })
  const back = given.map((hold) => hold.entries.map(({ limit, key, terms, units }) => ({ limit, key, terms, cost: units })))
  const look = (charge: Charge, among: readonly Charge[]): LimitStatus =>
    lookAt(buckets, charge, among, now, migrate)?.apply('peek', false) ?? apply(buckets, charge, now, migrate, 'peek', false)
  return {
    allowed: false,
    limits: again.map((charge) => look(charge, again)),
    undone: back.flatMap((stage) => stage.map((charge) => look(charge, stage))),
    hold: null,
    decidedBy: 'store',
  }
}

function inspect(
  buckets: MemoryBuckets,
  limit: LimitFacts,
  key: string,
  terms: Terms | null,
  now: Micros,
  how?: Migrate,
): LimitStatus | null {
  const under = terms ?? termsBeside(buckets, limit, key, now)
  const own = under && memoryKindOf(under.rule)
  if (own?.inspect !== undefined) return own.inspect(buckets, limit, key, under!, now)
  const table = buckets.table(limit.name)
  const slot = slotOf(buckets, table, key)
  const kept = slot < 0 ? undefined : table.read(slot)
  const bucket = kept === undefined || isExpired(kept, now) ? undefined : kept
  const blockedUs = buckets.blocks.blockedFor(limit.name, key, now)
  return bucket === undefined && blockedUs === 0 ? null : inspectedStatus(limit, bucket, terms, now, blockedUs, how)
}
