/** Limits: a named rule applied to a key. */

import type { BanRule } from './ban-kind.ts'
import type { Key, skip, unlimited } from './key.ts'
import type { Rule } from './kind.ts'
import type { MaybePromise } from './maybe-promise.ts'

/** Whether the functions of a limit answer at once. */
export type Mode = 'sync' | 'async'
/** What a function of a limit may answer. Looked up by mode, so that what answers at once fits where answers may come later. */
export type Answer<T, M extends Mode> = { readonly sync: T; readonly async: MaybePromise<T> }[M]

/** A function type whose parameters are bivariant, so that a function of a narrower request fits where a wider one is offered. */
export type Fn<A extends readonly unknown[], T> = { fn(...args: A): T }['fn']

/** What a limit does while the store cannot answer: let through, refuse with 503, or enforce a share in this process. */
export type OnOutage = 'allow' | 'deny' | 'local'

/** What every limit can say, whatever it limits. */
export interface LimitBase<A extends readonly unknown[], M extends Mode> {
  /** Identifies the budget: the same name on one store is the same bucket. 1 to 128 printable ASCII characters; appears in headers. */
  readonly name: string
  /**
   * The algorithm and its numbers, or `unlimited`, or a function that returns one of them for each call, or `skip` where the limit does not
   * apply. It is asked at most once a call, also where shares follow it. Where it returns `unlimited` or `skip`, they do not apply either.
   */
  readonly rule: Rule | typeof unlimited | Fn<A, Answer<Rule | typeof unlimited | typeof skip, M>>
  /** Units a call takes here; wins over the call's own cost. Whole, from 0. `concurrency` always takes 1. @default the call's cost */
  readonly cost?: number | Fn<A, Answer<number, M>> | undefined
  /** Whether the limit applies to this call at all. An answer that is neither `true` nor `false` is a fault. @default always */
  readonly when?: Fn<A, Answer<boolean, M>> | undefined
  /** Measured and reported, but never a reason to refuse. @default false */
  readonly shadow?: boolean | undefined
  /** Whether callers may see it in headers and bodies. @default true */
  readonly disclose?: boolean | undefined
  /**
   * Whether only the SHA-256 of its keys is kept: in the store, in lists and in events. For keys that are secrets, such as API keys. Operators'
   * verbs take the key itself, or its hash as it is listed. A call takes some microseconds more. Changing it starts every bucket afresh.
   * @default false
   */
  readonly hashKey?: boolean | undefined
  /** What it does while the store cannot answer. @default the store's `onOutage`, else 'local' */
  readonly onOutage?: OnOutage | undefined
  /** Share of the capacity from which `near` is reported, above 0 and at most 1. @default 0.8 */
  readonly nearAt?: number | undefined
  /**
   * Units a bucket starts with, from 0 to the capacity, at the first call that asks for any; a peek starts nothing. With 0 the first call
   * is refused, and a client that comes back after `Retry-After` is admitted. A key starts again once its bucket was full for ten minutes,
   * or for the time that an empty bucket takes to fill if that is longer. @default capacity
   */
  readonly initial?: number | undefined
  /**
   * When `reserve` charges. `before` charges the estimate at once, and may refuse a call although open reservations return units later.
   * `after` charges at the settlement, so calls in flight can exceed the limit. `consume` always charges at once. @default 'before'
   */
  readonly debit?: 'before' | 'after' | undefined
  /**
   * Blocks a key for a while after too many refusals, and each time for longer: `ban({ after: 20, within: '1m', for: '5m' })`. A shadow
   * limit bans no key. A refusal in an outage, or of a cost that could never be paid, does not count.
   * @default no key is banned
   */
  readonly ban?: BanRule | undefined
}

/** A limit on subjects of type `C`. */
export interface Limit<C = void, M extends Mode = Mode> extends LimitBase<[c: C], M> {
  /**
   * The key of this subject's bucket, or `skip` where the limit does not apply to it. `null` fits the type, since data often have it, but is
   * a fault: a client could send it, and be counted nowhere.
   */
  readonly by: Fn<[c: C], Answer<Key | typeof skip | null, M>>
}

/**
 * Returns the limit as it is. TypeScript checks it and infers its types, so that several lists can use it.
 * @example
 * const perUser = limit<User>({ name: 'user', by: (user) => user.id, rule: tokenBucket({ capacity: 10, per: '1s' }) })
 * const limiter = createLimiter<User>({ limits: [perUser] })
 */
export function limit<C>(definition: Limit<C, 'sync'>): Limit<C, 'sync'>
export function limit<C>(definition: Limit<C>): Limit<C>
export function limit<C>(definition: Limit<C, Mode>): Limit<C, Mode> {
  return definition
}
