/**
 * Remembered refusals: the state that a bucket had when Redis last refused, by which this process refuses for a while without asking.
 *
 * The deciders of the core decide by that state. The server's clock is taken to be as late as it can be, as if the reply had been made when its
 * request was sent. So the bucket holds no more than this process believes, unless units were given back. For a wait, the clock is taken to
 * be as early as it can be, as if the reply had been made when it came. So a wait is never too short.
 *
 * What gives units back in this process makes it forget, and so does a new connection. What other processes give back is noticed after
 * `freshUs` at most. Consumption, by whatever process, only makes the truth stricter.
 */
import type { Call, Charge, LimitStatus, Micros, Terms, Verdict } from '@sluice/core'
import { type BucketState, blockedStatus, bucketKind, isForever, statusOf } from '@sluice/core/internal'
import type { BucketKeys } from '../keys/bucket-key.ts'
import { slotsRule } from '../kinds/concurrency.ts'
import { guaranteedRule } from '../kinds/guaranteed.ts'
import type { Row } from '../wire/rows.ts'
import { writeTerms } from '../wire/terms-text.ts'
import { type Ahead, type RoundTrip, serverClock } from './server-clock.ts'

/** How long a refusal answers, from when its request was sent. */
export const freshUs: Micros = 250_000
/** How long a bucket is known to be hot, so that one call at a time asks about it. */
const hotUs: Micros = 1_000_000
/** Buckets that are remembered at most; the oldest is forgotten first. Each takes some 500 bytes. */
const mostBuckets = 5000
/** Gifts to buckets that are remembered at most. Beyond it, all buckets count as given something. */
const mostGifts = 1000

/** The refusals that one store remembers. */
export interface RememberedRefusals {
  /** A refusal, if one is known that this call would get. */
  answer(call: Call): Verdict | undefined
  /** Takes note of how the buckets of a call stand after it. */
  learn(charges: readonly Charge[], rows: readonly Row[], now: Micros, roundTrip: RoundTrip): void
  /** Forgets buckets, by their Redis keys. What was asked before this is not remembered either. */
  forget(bucketKeys: readonly string[]): void
  forgetAll(): void
  /** The Redis key of the first bucket of a call that was refused lately. */
  hotKey(call: Call): string | undefined
  nowUs(): Micros
  /** How many buckets are remembered. */
  size(): number
}

interface Remembered {
  readonly sentUs: Micros
  /** What was known of the server's clock with this reply. */
  readonly ahead: Ahead
  readonly terms: Terms
  readonly state: BucketState
  /** The time of the server that `state` belongs to. */
  readonly atUs: Micros
  readonly blockedUs: Micros
  readonly cost: number
  /** Whether it could not pay another such cost. Other buckets of a call are remembered with it, so that a refusal describes them too. */
  readonly isHot: boolean
}

const nothingUndone: readonly LimitStatus[] = Object.freeze([])

/** @param nowUs - the clock of this process, which never steps back */
export function rememberedRefusals(keys: BucketKeys, nowUs: () => Micros = () => performance.now() * 1000): RememberedRefusals {
  // In the order of their latest answer.
  const buckets = new Map<string, Remembered>()
  const gifts = new Map<string, number>()
  let giftToAllUs = Number.NEGATIVE_INFINITY
  let latestSentUs = Number.NEGATIVE_INFINITY
  // Buckets in many slots lie on nodes with clocks of their own, and then each reply counts by itself.
  let clock = serverClock()

  function put(key: string, remembered: Remembered): void {
    buckets.set(key, remembered)
    latestSentUs = Math.max(latestSentUs, remembered.sentUs)
    for (const [oldest, { sentUs }] of buckets) {
      if (buckets.size <= mostBuckets && sentUs > remembered.sentUs - hotUs) return
      buckets.delete(oldest)
    }
  }

  return {
    nowUs,
    size: () => buckets.size,
    answer(call) {
      // Nearly always nothing is remembered, or this process has not been attacked for a while.
      if (buckets.size === 0) return undefined
      const now = nowUs()
      if (now >= latestSentUs + hotUs) buckets.clear()
      if (buckets.size === 0 || call.action === 'peek' || call.undo.length > 0) return undefined
      const limits: LimitStatus[] = []
      let refused = false
      for (const charge of call.charges) {
        if (!isPlain(charge)) return undefined
        const remembered = buckets.get(keys.bucket(charge.limit, charge.key))
        const status = remembered === undefined ? undefined : statusFrom(charge, remembered, now)
        if (status === undefined) continue
        limits.push(status)
        refused ||= !status.allowed && !status.shadow
      }
      return refused ? { allowed: false, limits, undone: nothingUndone, hold: null, decidedBy: 'cache' } : undefined
    },
    learn(charges, rows, now, roundTrip) {
      const isRefused = rows.some(refuses)
      // An admission says more of a bucket that is remembered, and nothing that is needed of any other.
      if (!isRefused && buckets.size === 0) return
      const ahead = (keys.spread ? serverClock() : clock).boundsAfter(now, roundTrip)
      for (const [i, charge] of charges.entries()) {
        const row = rows[i]!
        const { state, blockedUs, terms } = row
        const key = keys.bucket(charge.limit, charge.key)
        const wasKnown = buckets.delete(key)
        if (!(isRefused || wasKnown) || !isPlain(charge) || slotsRule(terms) !== undefined || terms !== charge.terms) continue
        if (roundTrip.sentUs <= Math.max(gifts.get(key) ?? giftToAllUs, giftToAllUs)) continue
        const isHot = refuses(row) || !hasRoom(state, now, charge)
        if (isHot || isRefused) put(key, { sentUs: roundTrip.sentUs, ahead, terms, state, atUs: now, blockedUs, cost: charge.cost, isHot })
      }
    },
    forget(bucketKeys) {
      const now = nowUs()
      if (gifts.size + bucketKeys.length > mostGifts) {
        gifts.clear()
        giftToAllUs = now
      }
      for (const key of bucketKeys) {
        buckets.delete(key)
        gifts.set(key, now)
      }
    },
    forgetAll() {
      buckets.clear()
      gifts.clear()
      giftToAllUs = nowUs()
      clock = serverClock()
    },
    hotKey(call) {
      if (buckets.size === 0 || call.action === 'peek') return undefined
      for (const { limit, key } of call.charges) {
        const bucket = keys.bucket(limit, key)
        if (buckets.get(bucket)?.isHot) return bucket
      }
      return undefined
    },
  }
}

/** Whether a refusal by this limit is only that: it counts no strike, starts no bucket, and depends on no other bucket. */
function isPlain({ limit, terms }: Charge): boolean {
  return limit.ban === undefined && terms.initial >= terms.rule.capacity && guaranteedRule(terms) === undefined
}

function hasRoom(state: BucketState, at: Micros, { terms: { rule, initial }, cost }: Charge): boolean {
  return bucketKind(rule).decide(state, at, cost, rule, initial).admits
}

function refuses({ admits, blockedUs }: Row): boolean {
  return !admits || blockedUs > 0
}

/** The status of a charge, by what is remembered of its bucket; `undefined` where that does not say it. */
function statusFrom(charge: Charge, remembered: Remembered, now: Micros): LimitStatus | undefined {
  const { limit, terms, cost } = charge
  const { state, atUs, blockedUs, sentUs, ahead } = remembered
  if (now >= sentUs + freshUs) return undefined
  if (terms !== remembered.terms && writeTerms(terms, limit.name) !== writeTerms(remembered.terms, limit.name)) return undefined
  const { rule } = terms
  const { advance, decide } = bucketKind(rule)
  const latestUs = Math.max(atUs, Math.ceil(now + ahead.mostUs))
  const earliestUs = Math.max(atUs, Math.floor(now + ahead.leastUs))
  const { admits, before } = decide(state, latestUs, cost, rule, terms.initial)
  // The reply has only those entries of a log that matter to the cost that was refused, until the first of them expires.
  if (state.log !== undefined && (cost !== remembered.cost || before.used !== state.used)) return undefined
  const open = statusOf(limit, rule, advance(state, earliestUs, rule), earliestUs, cost, admits)
  if (blockedUs === 0 || cost === 0) return open
  if (isForever(Math.ceil(blockedUs / 1000))) return blockedStatus(open, blockedUs)
  return atUs + blockedUs > latestUs ? blockedStatus(open, atUs + blockedUs - earliestUs) : open
}
