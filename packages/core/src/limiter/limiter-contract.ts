/** What a limiter does, as its users see it. */

import type { Decision, LimitStatus } from '../decision.ts'
import type { ListedKey } from '../key.ts'
import type { Limit, Mode } from '../limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Observe } from '../observe.ts'
import type { BlockDuration, Duration } from '../options.ts'
import type { Migrate, Store } from '../store.ts'
import type { Cost, Signal } from './call-options.ts'
import type { Reservation, SyncReservation } from './reservation.ts'
import type { Grant, UpToOptions } from './up-to.ts'

/** What a call may say beside its subject. */
export interface CallOptions {
  /** Units this call takes. @default 1 */
  readonly cost?: Cost | undefined
  /** Ends the wait. A `reserve` in flight is cancelled when its answer comes; a `consume` in flight stays charged. */
  readonly signal?: Signal | undefined
  /**
   * Earlier reservations of the same request, on the same store. What they were charged counts towards this cost, whether they are open or
   * settled, so that only the rest is charged. If this call is refused, open ones are given back. In memory that is the same step. In
   * other stores it follows as soon as the refusal has come in time.
   */
  readonly extend?: readonly Reservation[] | undefined
}

/** A key that is blocked. */
export interface Banned {
  /** Its parts, as the limit's `by` answered them. Of a part of more than 256 characters only the hash is kept, and of all parts with `hashKey`. */
  readonly key: ListedKey
  /** `null` for ever. */
  readonly blockedForMs: number | null
}

/** What an operator does, without a subject at hand. */
export interface Admin {
  /** How the bucket of a key stands, or `null` where there is none: full, or never used. @throws SluiceError `SLUICE_LIMIT_UNKNOWN`, `SLUICE_KEY` */
  inspect(limit: string, key: ListedKey): MaybePromise<LimitStatus | null>
  /**
   * Forgets the bucket of a key, its slots and its block, and every strike and ban: the key may have its whole capacity again. Reservations from
   * before it return nothing when they are settled. @throws SluiceError `SLUICE_LIMIT_UNKNOWN`, `SLUICE_KEY`
   */
  reset(limit: string, key: ListedKey): MaybePromise<void>
  /**
   * Does for every key of a limit what `reset` does for one: all buckets start afresh, slots are free, and blocks, strikes and bans are
   * gone. It takes one step, whatever the number of keys. After `resetAll('user')` every user may have the whole capacity again.
   * @throws SluiceError `SLUICE_LIMIT_UNKNOWN`
   */
  resetAll(limit: string): MaybePromise<void>
  /**
   * Refuses a key, whatever its bucket says: for a while, or with `'forever'` until it is unblocked. 0 unblocks it, ends a ban, and forgets
   * the strikes and bans before that. `block('user', 'eve', '1h')` refuses `eve` for an hour, and `block('user', 'eve', 0)` admits her again.
   * @throws SluiceError `SLUICE_LIMIT_UNKNOWN`, `SLUICE_KEY`, `SLUICE_DURATION`
   */
  block(limit: string, key: ListedKey, duration: BlockDuration): MaybePromise<void>
  /**
   * The keys of a limit that are blocked now, by a ban or by `block`: at most 1000, those that stay so the longest first. What is listed
   * can be handed to `block`, `reset` and `inspect`. @throws SluiceError `SLUICE_LIMIT_UNKNOWN`
   */
  bans(limit: string): MaybePromise<readonly Banned[]>
  /**
   * Listens to decisions, settlements, calls of the store, bans, faults and outages. The same events are published on the diagnostics
   * channels `sluice:decision`, `sluice:delay`, `sluice:settled`, `sluice:store`, `sluice:ban`, `sluice:fault` and `sluice:outage`. A
   * listener that throws changes nothing. With `{ types: ['ban', 'outage'] }` it gets these alone, and no event is made of each decision.
   * With `refusedOnly: true` it gets of decisions those that refuse, and no event is made of an admission.
   * @returns a function that stops it
   * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_CHOICE`
   */
  readonly observe: Observe
  /** Ends this limiter, and its store if the limiter made it. Calls after that throw `SLUICE_CLOSED`. */
  close(): MaybePromise<void>
}

/** How `update` changes a policy. */
export interface UpdateOptions {
  /** What becomes of buckets whose rule changes. @default 'keepUsed' */
  readonly migrate?: Migrate | undefined
  /** The version of the new policy, a whole number in a string, at least the present one. @default the present one */
  readonly version?: string | undefined
}

/** Decides for subjects of type `C`. Every answer may be a promise: always `await` it. */
export interface Limiter<C = void> extends Admin {
  /** Decides, and charges every limit or none. @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN`, `SLUICE_RESERVE_NEEDED`, and what `onFault` lets through */
  consume(c: C, o?: CallOptions): MaybePromise<Decision>
  /**
   * Decides, and takes as many units as there are, from `atLeast` to `atMost`: the most that every enforcing limit can pay.
   * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_TYPE`, and what `consume` throws
   */
  consumeUpTo(c: C, o: UpToOptions): MaybePromise<Grant>
  /** Decides, and changes nothing. */
  peek(c: C, o?: CallOptions): MaybePromise<Decision>
  /** Decides, and charges an estimate that the reservation settles later. */
  reserve(c: C, o?: CallOptions): MaybePromise<Reservation>
  /** Gives units back, at most to full. */
  refund(c: C, o?: CallOptions): MaybePromise<void>
  /** Replaces the limits, all or none, without forgetting what was used. @throws SluiceError as `createLimiter` does; then the old ones stay */
  update(limits: readonly Limit<C>[], o?: UpdateOptions): MaybePromise<void>
}

/** A limiter whose store and functions are synchronous: every answer is there at once. */
export interface SyncLimiter<C = void> extends Limiter<C> {
  consume(c: C, o?: CallOptions): Decision
  consumeUpTo(c: C, o: UpToOptions): Grant
  peek(c: C, o?: CallOptions): Decision
  reserve(c: C, o?: CallOptions): SyncReservation
  refund(c: C, o?: CallOptions): void
  inspect(limit: string, key: ListedKey): LimitStatus | null
  reset(limit: string, key: ListedKey): void
  resetAll(limit: string): void
  block(limit: string, key: ListedKey, duration: BlockDuration): void
  bans(limit: string): readonly Banned[]
}

/** What `createLimiter` takes. */
export interface LimiterOptions<C, M extends Mode = Mode, S = Store> {
  /** Outermost first. */
  readonly limits: readonly Limit<C, M>[]
  /** Where buckets live. @default a memory store of its own */
  readonly store?: S | undefined
  /** When a function of a limit fails: throw, leave that limit out of the call, or refuse as `unavailable`. @default 'throw' */
  readonly onFault?: 'throw' | 'allow' | 'deny' | undefined
  /**
   * How long an answer of `by`, `rule`, `cost` or `when` may take. One that takes longer is a fault, `SLUICE_FUNCTION_TIMEOUT`, and is
   * ignored when it comes: with `'200ms'`, a key that a database finds after 250 ms decides nothing. From 1 ms to 10 minutes. @default '5s'
   */
  readonly functionTimeout?: Duration | undefined
  /** The version of the policy, a whole number in a string. A process with an older one decides by what is stored. @default '0' */
  readonly version?: string | undefined
}
