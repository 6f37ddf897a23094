/** Kinds of rules that a memory store decides with functions of their own, in one call with ordinary buckets. */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { Call, Charge, LimitFacts, Migrate, Terms } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { admits, apply, isHeldBy, type MemoryCharge, memoryKindOf } from './memory-charges.ts'

/** What a memory store asks of such a kind. */
export interface MemoryKind {
  /**
   * Looks at a charge beside the others of its call, before any of them is paid, and changes nothing. `undefined` if the charge is one on
   * an ordinary bucket after all.
   */
  look(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros, how: Migrate): Look | undefined
  /** What a hold remembers of a charge that was paid; `undefined` if nothing was paid. @param asBucket - the entry of an ordinary bucket */
  hold(
    buckets: MemoryBuckets,
    charge: Charge,
    among: readonly Charge[],
    asBucket: () => MemoryCharge,
    now: Micros,
  ): MemoryCharge | undefined
  /**
   * Replaces the units of a held charge by those that were used.
   * @param among - all that was held together
   * @returns units that could not be charged
   */
  settle(buckets: MemoryBuckets, held: MemoryCharge, key: string, among: readonly MemoryCharge[], used: number, now: Micros): number
  /** Gives back units that no reservation holds. @param among - all charges of the refund */
  refund(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros): void
  /** Prolongs what a held charge holds for a time; false if that has expired. @default true */
  renew?(buckets: MemoryBuckets, held: MemoryCharge, now: Micros): boolean
  /** What an operator sees of a key; `null` if nothing is held and the key is not blocked. @default its bucket */
  inspect?(buckets: MemoryBuckets, limit: LimitFacts, key: string, terms: Terms, now: Micros): LimitStatus | null
  /**
   * The buckets that a charge reads or writes beside its own, by table and key. A store that loads buckets must know them beforehand.
   * @param among - all charges of the call, or all that was held together
   * @default none
   */
  bucketsBeside?(
    limit: LimitFacts,
    among: readonly Pick<Charge, 'limit' | 'key'>[],
  ): readonly { readonly limit: string; readonly key: string }[]
}

/** A charge as a call finds it. */
export interface Look {
  /** Whether the limit would pay. */
  readonly admits: boolean
  /** Pays, if all limits have allowed it and the limit can, and describes the limit. With `peek` nothing changes. */
  apply(action: Call['action'], allowed: boolean): LimitStatus
}

/** What a kind keeps in a store beside its buckets. */
export interface KeptBeside {
  /** The terms under which a key holds something here. */
  termsOf(limit: string, key: string, now: Micros): Terms | undefined
  forget(limit: string, key: string): void
  forgetAll(limit: string): void
  clear(): void
}

/** Whether any charge is of such a kind. By index: this is asked on the path of every call. */
export function hasOwnWay(charges: readonly Charge[]): boolean {
  for (let i = 0; i < charges.length; i++) if (memoryKindOf(charges[i]!.terms.rule) !== undefined) return true
  return false
}

/** The looks at the charges of a call, by place; `undefined` for ordinary buckets. */
export type Looks = readonly (Look | undefined)[]

/** Looks at one charge; `undefined` for an ordinary bucket. @param among - the charges of the same request */
export function lookAt(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros, how: Migrate): Look | undefined {
  return memoryKindOf(charge.terms.rule)?.look(buckets, charge, among, now, how)
}

/** Looks at all charges of a call, before any of them is paid. */
export function lookAtAll(buckets: MemoryBuckets, { charges, migrate }: Call, now: Micros): Looks {
  return charges.map((charge) => lookAt(buckets, charge, charges, now, migrate))
}

/** Whether every enforcing limit would pay. Nothing is written. */
export function admitsAll(buckets: MemoryBuckets, { charges, migrate }: Call, looks: Looks, now: Micros): boolean {
  return charges.every((charge, i) => charge.limit.shadow || (looks[i]?.admits ?? admits(buckets, charge, now, migrate)))
}

/**
 * Lets each limit pay, if all have allowed it, and describes them. A refusal changes no bucket that an earlier stage of the request holds.
 */
export function applyAll(
  buckets: MemoryBuckets,
  { action, charges, undo, migrate }: Call,
  looks: Looks,
  now: Micros,
  allowed: boolean,
): LimitStatus[] {
  return charges.map((charge, i) => {
    const does = allowed || !isHeldBy(undo, charge) ? action : 'peek'
    return looks[i]?.apply(does, allowed) ?? apply(buckets, charge, now, migrate, does, allowed)
  })
}

/** The terms under which a key holds something beside buckets, for a limit whose rule is not known without a subject. */
export function termsBeside(buckets: MemoryBuckets, limit: LimitFacts, key: string, now: Micros): Terms | undefined {
  for (const kept of buckets.keptBeside()) {
    const terms = kept.termsOf(limit.name, key, now)
    if (terms !== undefined) return terms
  }
  return undefined
}
