/** The events that a limiter publishes to `observe` and to the diagnostics channels. An event is plain data, made only where a listener gets it. */
import type { Decision, LimitStatus } from './decision.ts'
import type { ListedKey } from './key.ts'
import type { SluiceError } from './sluice-error.ts'
import type { Settled } from './store.ts'

/** The verb of a decision. A `peek` publishes nothing. */
export type DecisionVerb = 'consume' | 'consumeUpTo' | 'reserve'

/**
 * What a decision means for one limit: one value for each series of a counter. `near` is an admission from `nearAt` on,
 * `shadow_limited` what a shadow limit would have refused, and `unavailable` a limit that could not be decided.
 */
export type LimitOutcome = 'allowed' | 'near' | 'limited' | 'shadow_limited' | 'impossible' | 'unavailable'

/** One limit in the event of a decision. */
export interface DecidedLimit {
  readonly limit: string
  /** The key that was counted, as `bans` lists it. `null` where the function for it failed. */
  readonly key: ListedKey | null
  readonly outcome: LimitOutcome
  /**
   * Whether an earlier decision of the same request had this limit. Count only limits with `again: false`, and a request that is decided
   * in two stages counts once for each limit.
   */
  readonly again: boolean
  /** Units that this decision took from the bucket. 0 for a refusal, and with `debit: 'after'`, whose units come with the settlement. */
  readonly charged: number
  /** The status after the decision, as in `decision.limits`. `null` where the outcome is `unavailable`. */
  readonly status: LimitStatus | null
}

/** The HTTP request that an event is about. */
export interface DecidedRequest<R = unknown> {
  readonly method: string
  /** The pattern of the matched route, or `null` where there is none yet. */
  readonly route: string | null
  /** The client's address as keys have it: IPv4 in full, IPv6 by network. `null` where there is none. */
  readonly address: string | null
  /** The request of the framework. It is not enumerable, so that no log of an event has its headers and cookies. */
  readonly request: R
}

/** A call of `consume`, `consumeUpTo` or `reserve` was decided. */
export interface DecisionEvent<R = unknown> {
  readonly type: 'decision'
  readonly verb: DecisionVerb
  /** How many decisions of the same request came before: 0 for the first one, 1 for the second stage. */
  readonly stage: number
  readonly decision: Decision
  /** The limits that this call was about, outermost first. */
  readonly limits: readonly DecidedLimit[]
  /** The request, if an adapter made the call. `null` for the calls of an application. */
  readonly http: DecidedRequest<R> | null
}

/** A limit under HTTP with `slowDown` made a request wait before its handler, or too many requests waited already. */
export interface DelayEvent<R = unknown> {
  readonly type: 'delay'
  readonly limit: string
  /** Milliseconds that the request is to wait. */
  readonly delayMs: number
  /** Whether the request was refused instead, because `maxWaiting` requests waited. */
  readonly refused: boolean
  readonly http: DecidedRequest<R>
}

/** A reservation was settled or cancelled, or a refusal of a later stage gave it back. There is one event for each limit that it held. */
export interface SettledEvent<R = unknown> {
  readonly type: 'settled'
  readonly limit: string
  readonly key: ListedKey
  /** Units that the reservation took: `charged` of its decision. */
  readonly estimated: number
  /** Units that were used. After an estimate of 1,000 and `settle(300)` it is 300. */
  readonly actual: number
  /** Units of `actual` that were not charged, because the debt of a bucket is bounded. Nearly always 0. */
  readonly excess: number
  /** Whether the settlement came after the lifetime of the reservation. Then the estimate stays charged. */
  readonly late: boolean
  /** The request, if an adapter made the reservation. */
  readonly http?: DecidedRequest<R> | undefined
}

/** A verb that a limiter called on a store. */
export type StoreVerb = 'decide' | 'settle' | 'renew' | 'refund'

/** An asynchronous store was called. Calls that a cache answers, and calls that are not made during an outage, publish nothing. */
export interface StoreCallEvent {
  readonly type: 'store'
  readonly verb: StoreVerb
  /** Milliseconds from the call to its answer, its failure, or the `timeout` of the store. */
  readonly durationMs: number
  /** `late` for a call that had no answer within the `timeout`. */
  readonly result: 'answered' | 'failed' | 'late'
}

/** A key is blocked, because it was refused too often. */
export interface BanEvent<R = unknown> {
  readonly type: 'ban'
  readonly limit: string
  readonly key: ListedKey
  /** How many bans the key has had in a row. */
  readonly level: number
  readonly durationMs: number
  /** The request whose refusal was one too many, if an adapter made the call. */
  readonly http?: DecidedRequest<R> | undefined
}

/** A function of the application failed, or a settlement could not do everything. `error.cause` is for logs. */
export interface FaultEvent<R = unknown> {
  readonly type: 'fault'
  readonly error: SluiceError
  /** The limit whose function failed; `null` where it is not known. */
  readonly limit: string | null
  /** The request that the function was called for, or that was settled. Absent where there is none, such as for a fault of the store. */
  readonly http?: DecidedRequest<R> | undefined
}

/** The store does not answer any more, or answers again. */
export interface OutageEvent {
  readonly type: 'outage'
  readonly state: 'began' | 'ended'
  /** What the store failed with: `ECONNREFUSED`, `LOADING` or `SLUICE_STORE_LATE`, for example. It fits a label of a metric. */
  readonly code: string
  /** The reason as one text, without secrets and hosts: `connect ECONNREFUSED [host]`. */
  readonly reason: string
  /** For logs. Its `cause` is the error of the store, with hosts and without secrets. */
  readonly error: SluiceError
}

/** What `observe` gets. `R` is the request of the framework, which `http.request` is. */
export type LimiterEvent<R = unknown> =
  | DecisionEvent<R>
  | DelayEvent<R>
  | SettledEvent<R>
  | StoreCallEvent
  | BanEvent<R>
  | FaultEvent<R>
  | OutageEvent

/** What a store publishes to each limiter on it. */
export type StoreEvent = FaultEvent | OutageEvent

/**
 * Where a guarded store reports on one call, for the events of a limiter. A store of an application need not know it, because
 * `surviveOutages` reports for it.
 */
export interface CallReport {
  /**
   * The call has an answer, has failed, or has none within the timeout.
   * @param answer - what the store answered
   */
  ended?(durationMs: number, result: StoreCallEvent['result'], answer?: unknown): void
  /** A settlement that had no answer in time is confirmed. */
  settled?(settled: Settled): void
}
