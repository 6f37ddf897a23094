/** The store contract: where buckets live, and what is asked of them. */
import type { Ban, BanTerms } from './ban-kind.ts'
import type { Micros } from './clock.ts'
import type { DecisionBase, LimitStatus } from './decision.ts'
import { SLUICE_STORE } from './errors.ts'
import type { CountingRule } from './kind.ts'
import type { OnOutage } from './limit.ts'
import type { CallReport, StoreEvent } from './limiter-event.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { SluiceError } from './sluice-error.ts'
import { markVersion } from './version.ts'

/** What a store must know of a limit. */
export interface LimitFacts {
  readonly name: string
  readonly shadow: boolean
  readonly disclose: boolean
  /** Share of capacity from which `near` is reported. */
  readonly nearAt: number
  /** `after`: `reserve` checks the cost and `settle` charges it. */
  readonly debit: 'before' | 'after'
  /** The limit that this one is a share of. */
  readonly parent: string | null
  /** What it does while the store cannot answer. @default the store's */
  readonly onOutage?: OnOutage | undefined
  /** Whether its rule is the same for every call, as long as the limits are not updated. @default false */
  readonly fixedRule?: boolean | undefined
  /** When it bans a key, and for how long. @default never */
  readonly ban?: BanTerms | undefined
}

/** What a bucket is decided under. Stores keep it beside the bucket, because time is credited at the rate that was in force. */
export interface Terms {
  readonly rule: CountingRule
  /** Units a bucket starts with, at most the capacity. Where it is less, the first call that asks for any starts it, even if it is refused. */
  readonly initial: number
  /** The version of the policy. A call with an older one is decided under the stored terms. */
  readonly version: number
}

/**
 * One limit's part in a call.
 *
 * - A concurrency rule takes one slot for the time of the hold. Its cost is 1, or 0 where the call holds a slot already.
 * - A guaranteed share is decided beside the charge of its parent. The parent's charge stands before it in the call, in the hold and in the
 *   refund. Both cost the same, or the parent costs less where an earlier stage has paid. Without the parent's charge the share limits
 *   nothing and changes nothing.
 *
 * A store that cannot decide a kind of rule throws `SLUICE_RULE`.
 */
export interface Charge {
  readonly limit: LimitFacts
  /** Injective text of the key; the limit's name is not in it. */
  readonly key: string
  readonly terms: Terms
  readonly cost: number
  /**
   * Upper bound of a partial grant, for `consumeUpTo`; `cost` is then the minimum. Only a `consume` without `undo` has it. All charges of a
   * call that have it have the same value and pay the same: the most that the enforcing limits among them can pay. The statuses show the
   * units paid. A call whose minimum does not pass is refused as it would be without `upTo`.
   */
  readonly upTo?: number
}

/** A charge without its key: what is the same for every call on a limit with a fixed rule and a fixed cost. */
export type FixedCharge = Pick<Charge, 'limit' | 'terms' | 'cost'>

/** Decides calls that differ in their keys only. A limiter compiles one for each policy. */
export interface FastPath {
  /**
   * Decides a call as `decide` would.
   * @param keys - one for each charge, in order
   * @returns `undefined` where the general path must decide; then nothing has changed
   */
  decide(keys: readonly string[], action: 'consume' | 'reserve'): Verdict | undefined
}

/**
 * What is kept: the units used (what exceeds the new capacity is debt), the units remaining, the used share of the capacity, or nothing.
 *
 * The first three add no units, whatever the sequence of changes, and also where they take turns. No interval admits more than the largest
 * capacity in force in it, refilled at the highest rate. That is true between greedy rules, and between rules with the same boundaries.
 * So until time has refilled what a smaller capacity forgave,
 *
 * - `keepUsed` counts it as used, and
 * - `proportional` leaves no more than `keepUsed` would, or than remained, where the same share of a larger capacity is more than either.
 *
 * `reset` fills the bucket at every change.
 */
export type Migrate = 'keepUsed' | 'keepRemaining' | 'proportional' | 'reset'

/** One atomic decision over all its charges. */
export interface Call {
  /** `peek` decides and charges no limit; `reserve` charges as `consume` does and also returns a hold. */
  readonly action: 'consume' | 'peek' | 'reserve'
  readonly charges: readonly Charge[]
  /** What earlier stages of the request hold: given back if this call is refused. A synchronous store does it in the same step. */
  readonly undo: readonly Hold[]
  readonly migrate: Migrate
}

/** What was charged once, and can be settled once. Plain data of the store that made it. */
export interface Hold {
  /** Tells holds apart across processes; empty where the store needs no telling. */
  readonly id: string
  readonly entries: readonly HeldCharge[]
}

/** Units charged to one bucket, or one slot. */
export interface HeldCharge {
  readonly limit: LimitFacts
  readonly key: string
  readonly terms: Terms
  readonly units: number
  /** The time of the bucket then, which lies ahead of the clock while that catches up with a step back. */
  readonly at: Micros
  /** The epoch that its bucket was in; absent where no change mattered. Units return only in the same epoch. */
  readonly epoch?: Micros
  /** Which slot it is; absent where units were charged. Any settlement gives it back. */
  readonly lease?: string
}

/** The answer to a call. */
export interface Verdict {
  readonly allowed: boolean
  /** One for each charge, in order, as the buckets stand after the call. */
  readonly limits: readonly LimitStatus[]
  /** One for each entry of the holds given back, after that. */
  readonly undone: readonly LimitStatus[]
  /** What was charged; `null` unless the call reserved and was allowed. */
  readonly hold: Hold | null
  readonly decidedBy: DecisionBase['decidedBy']
  /** Enforcing limits that refused because they cannot be decided; then nothing was charged. */
  readonly unavailable?: readonly string[] | undefined
}

/** The verdict when no limit applies to a call. */
export const nothingApplies: Verdict = Object.freeze({
  allowed: true,
  limits: Object.freeze([]),
  undone: Object.freeze([]),
  hold: null,
  decidedBy: 'none',
})

/** The answer to a settlement. */
export interface Settled {
  /** False if the hold was settled before; then nothing has changed. */
  readonly first: boolean
  /** Units beyond the largest debt, by entry of the hold: they could not be charged. */
  readonly excess: readonly number[]
  /** Whether the lifetime of the hold was over: then its units have not changed, and its slots are free. @default false */
  readonly late?: boolean
}

/** A key that is blocked. */
export interface BlockedKey {
  readonly key: string
  readonly blockedForMs: number
}

/** Where buckets live. Every method is one atomic step; a bucket is named by its limit's name and its key. */
export interface Store {
  /** Whether every answer comes at once, never as a promise. */
  readonly sync: boolean
  /**
   * The fast path for calls with these charges. Optional: without it, and where it returns `undefined`, `decide` serves every call. A
   * store that was copied, to decide in another way, must return `undefined`.
   */
  fastPath?(charges: readonly FixedCharge[]): FastPath | undefined
  /** Limits that one call can have at most; a limiter with more of them is refused when it is made. @default no bound */
  readonly mostLimits?: number
  /** Charges every enforcing limit or none. */
  decide(call: Call, report?: CallReport): MaybePromise<Verdict>
  /**
   * Decides a later stage of a request. A refusal describes the limits as if `call.undo` had been given back, but gives nothing back. It
   * may come too late, after the request was admitted without the store. It changes no bucket that these holds name, not
   * even to a new rule, because units return only in the epoch of their charge. The caller settles these holds with 0 if the refusal has
   * come in time. Optional: without it, and where it answers `undefined`, the same is done in several steps.
   */
  decideLaterStage?(call: Call): MaybePromise<Verdict> | undefined
  /**
   * Replaces what a hold charged by what was used, by entry. The first settlement of a hold counts, and others change nothing: one that
   * the store has not confirmed is sent again. Units return only in the epoch of their charge. A hold with units has a lifetime, from its
   * charge or latest renewal on. A settlement after that is `late`, and a refusal returns nothing of such a hold in `undo`.
   */
  settle(hold: Hold, actual: readonly number[], report?: CallReport): MaybePromise<Settled>
  /** Prolongs all leases of a hold, and its lifetime. False only if one of these is over, or the hold is settled. It may be sent again. */
  renew(hold: Hold, report?: CallReport): MaybePromise<boolean>
  /** Gives units back, never above capacity, and creates no bucket. */
  refund(charges: readonly Charge[], report?: CallReport): MaybePromise<void>
  /** The status of a bucket as a call with `migrate` finds it, else under its own terms. `null` if it is full and not blocked. */
  inspect(limit: LimitFacts, key: string, terms: Terms | null, migrate?: Migrate): MaybePromise<LimitStatus | null>
  /** Forgets a bucket, its slots and its block, and what its limit's bans know of the key. Holds from before it return no units. */
  reset(limit: LimitFacts, key: string): MaybePromise<void>
  /** Does what `reset` does for every key of a limit, in one step whose work does not grow with the keys. */
  resetAll(limit: LimitFacts): MaybePromise<void>
  /** Refuses a key, whatever its bucket says; 0 unblocks it and clears its bans. A block without an end is 3,162,240,000,000, 100 years. */
  block(limit: LimitFacts, key: string, durationMs: number): MaybePromise<void>
  /** Counts a refusal against a key that is not blocked. One too many blocks it, in the same step. @returns the ban that it brought */
  strike(limit: LimitFacts, key: string): MaybePromise<Ban | null>
  /** The keys of a limit that are blocked now, for whatever reason: so many at most, those that stay so the longest first. */
  blocked(limit: LimitFacts, most: number): MaybePromise<readonly BlockedKey[]>
  /**
   * Tells of outages and of what was lost in them, if the store can have any. A watcher returns true if an observer saw the event: trouble
   * that no observer sees becomes a process warning. @returns a function that stops it
   */
  watch?(watcher: (event: StoreEvent) => unknown): () => void
  close(): MaybePromise<void>
}

/** A store that answers at once. */
export interface SyncStore extends Store {
  readonly sync: true
  decide(call: Call): Verdict
  settle(hold: Hold, actual: readonly number[]): Settled
  renew(hold: Hold): boolean
  refund(charges: readonly Charge[]): void
  inspect(limit: LimitFacts, key: string, terms: Terms | null, migrate?: Migrate): LimitStatus | null
  reset(limit: LimitFacts, key: string): void
  resetAll(limit: LimitFacts): void
  block(limit: LimitFacts, key: string, durationMs: number): void
  strike(limit: LimitFacts, key: string): Ban | null
  blocked(limit: LimitFacts, most: number): readonly BlockedKey[]
}

const guarded: unique symbol = Symbol.for('sluice.guarded-store')

/** Marks a store that answers every call within a bound, whatever happens behind it. A copy of the store is not marked. */
export function markGuarded<S extends Store>(store: S): S {
  return Object.defineProperty(markVersion(store), guarded, { value: true })
}

/** Whether a store is marked: `memoryStore` and `surviveOutages` return such stores. */
export function isGuarded(store: Store): boolean {
  return guarded in store
}

/** The error for a store that failed with this. */
export function storeError(cause: unknown): SluiceError {
  return cause instanceof SluiceError && cause.code === 'SLUICE_STORE' ? cause : new SluiceError(SLUICE_STORE, {}, { cause })
}
