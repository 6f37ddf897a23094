/**
 * The general path of a call: its charges are gathered, the store decides them, and the verdict becomes an answer. The later stages of
 * a request charge what its earlier stages have left.
 *
 * Each step takes the call and goes on at once, or when a promise is fulfilled (`resume`).
 */

import type { Decision } from '../decision.ts'
import { SLUICE_FOREIGN_RESERVATION, SLUICE_OPTION_TYPE } from '../errors.ts'
import type { DecisionVerb } from '../limiter-event.ts'
import { isPromise, type MaybePromise, resume } from '../maybe-promise.ts'
import type { Observers } from '../observe.ts'
import { SluiceError } from '../sluice-error.ts'
import { type Call, type Charge, type FastPath, type Hold, type Migrate, nothingApplies, type Store, type Verdict } from '../store.ts'
import { decisionOf, unavailable } from './answer.ts'
import { abortable, checkCallOptions, checkConsumable, throwIfAborted } from './call-options.ts'
import { type CountedLimits, countDecision } from './count-decision.ts'
import { type KeysOption, keysOfPeek, publishDecision, type RequestOption, standsFor, unlimitedOfPeek } from './decision-event.ts'
import { gather, type OnFailure, type ResolvedKey } from './gather.ts'
import type { Policy } from './policy.ts'
import { heldBy, nothingUsed, type Origin, type Reservation } from './reservation.ts'
import { publishReturns, storeReport } from './settled-event.ts'
import { chargesUpTo, type UpToOptions } from './up-to.ts'

/** What all calls of a limiter share. */
export interface CallHost {
  readonly store: Store
  readonly onFault: 'throw' | 'allow' | 'deny'
  /** Called with the fault of a limit's function. The limit is left out where it returns, and the call ends where it throws. */
  readonly onFailure: OnFailure
  readonly watchers: Observers
  /** What becomes of buckets whose rule has changed: as the latest `update` said. */
  migrate: Migrate
}

/** A policy that calls are decided by. `update` replaces it, and calls in flight keep theirs. */
export interface InForce<C> extends CountedLimits {
  readonly policy: Policy<C>
  readonly origin: Origin<C>
  readonly fastPath: FastPath | undefined
}

/** A verb of a limiter: what it asks of the store, and the answer that it makes of the verdict. */
export interface Verb<C, T> {
  /** Its name in events; `null` for a verb that publishes none. */
  readonly name: DecisionVerb | null
  readonly action: Call['action']
  /** @param call - stands for the request, if any */
  answer(verdict: Verdict, decision: Decision, inForce: InForce<C>, call: unknown): T
}

/** One call on its way to its answer. */
export interface CallContext<C, T> {
  readonly host: CallHost
  readonly inForce: InForce<C>
  readonly verb: Verb<C, T>
  readonly options: GeneralOptions | undefined
  /** What an event may name the request of. */
  readonly subject: C
  /** What the store was asked. */
  sent: Call | undefined
}

/** The options of any verb. */
interface GeneralOptions extends RequestOption, KeysOption {
  readonly upTo?: UpToOptions
}

/**
 * From a subject to the answer.
 * @param keys - keys of the first limits that the fast path has asked for
 */
export function runCall<C, T>(
  host: CallHost,
  inForce: InForce<C>,
  verb: Verb<C, T>,
  subject: C,
  options: GeneralOptions | undefined,
  keys?: readonly ResolvedKey[],
): MaybePromise<T> {
  const call: CallContext<C, T> = { host, inForce, verb, options, subject, sent: undefined }
  return resume(resolve(host, inForce.policy, subject, options, keys), call, decide)
}

/** The charges of a call, or the fault for which it is denied. */
export function resolve<C>(
  host: CallHost,
  policy: Policy<C>,
  subject: C,
  options: GeneralOptions | undefined,
  keys?: readonly ResolvedKey[],
): MaybePromise<Charge[] | SluiceError> {
  checkCallOptions(options, policy)
  try {
    const stands = standsFor(options, subject)
    const charges = gather(policy, subject, options?.cost ?? 1, host.onFailure, keys, stands, options?.[unlimitedOfPeek])
    return isPromise(charges) ? deniedLater(host, charges) : charges
  } catch (error) {
    return denial(host, error)
  }
}

/** A function of its own: a closure beside the usual path makes each call allocate. */
function deniedLater(host: CallHost, charges: Promise<Charge[]>): Promise<Charge[] | SluiceError> {
  return charges.catch((error: unknown) => denial(host, error))
}

function denial({ onFault }: CallHost, error: unknown): SluiceError {
  if (onFault === 'deny' && error instanceof SluiceError) return error
  throw error
}

function decide<C, T>(call: CallContext<C, T>, charges: Charge[] | SluiceError): MaybePromise<T> {
  if (charges instanceof SluiceError) return deny(call, charges)
  const { host, inForce, verb, options, subject } = call
  if (charges.length === 0) return conclude(call, nothingApplies)
  if (verb.action === 'consume') checkConsumable(charges)
  const sent = storeCall(call, charges)
  if (sent.charges.length === 0) return conclude(call, nothingApplies)
  call.sent = sent
  const { store, watchers } = host
  const { bans } = inForce.policy
  const decided = store.decide(sent, storeReport(watchers, store, 'decide'))
  const verdict =
    bans === undefined || verb.action === 'peek'
      ? decided
      : bans.strike(store, watchers.tell, sent.charges, decided, standsFor(options, subject))
  return resume(isPromise(verdict) ? unlessAborted(call, verdict) : verdict, call, conclude)
}

function storeCall<C, T>({ host, inForce, verb, options }: CallContext<C, T>, charges: Charge[]): Call {
  const { migrate, store } = host
  const { action } = verb
  if (options === undefined) return { action, charges, undo: noHolds, migrate }
  const { signal, extend, upTo } = options
  throwIfAborted(signal)
  if (upTo !== undefined) return { action, charges: chargesUpTo(charges, inForce.policy, upTo), undo: noHolds, migrate }
  if (extend === undefined || extend?.length === 0) return { action, charges, undo: noHolds, migrate }
  const undo = openHolds(extend, store)
  return { action, charges: leftToCharge(charges, extend, paidHolds(extend)), undo, migrate }
}

const noHolds: readonly Hold[] = Object.freeze([])

function unlessAborted<C, T>({ host, options }: CallContext<C, T>, verdict: Promise<Verdict>): Promise<Verdict> {
  return options?.signal === undefined ? verdict : abortable(verdict, options.signal, ({ hold }) => abandon(hold, host.store))
}

function conclude<C, T>(call: CallContext<C, T>, verdict: Verdict): T {
  const { inForce, verb, options, subject } = call
  const decision = decisionOf(verdict, inForce.policy.version)
  if (!verdict.allowed && options?.extend !== undefined) closeReservations(options.extend)
  publish(call, verdict, decision)
  return verb.answer(verdict, decision, inForce, standsFor(options, subject))
}

/** Publishes a decision, and what its refusal gave back of earlier stages. */
function publish<C, T>(
  { host: { watchers }, inForce, verb, options, subject, sent }: CallContext<C, T>,
  verdict: Verdict,
  decision: Decision,
): void {
  if (verb.name === null) {
    if (options?.[keysOfPeek] !== undefined) for (const { limit, key } of sent?.charges ?? []) options[keysOfPeek](limit.name, key)
    return
  }
  const { counts } = watchers
  if (counts !== undefined) countDecision(counts, inForce, verdict, decision, options?.extend)
  if (watchers.watched(decision))
    publishDecision(watchers, { verb: verb.name, charges: sent?.charges ?? [], verdict, decision, options, subject })
  if (!verdict.allowed && sent !== undefined && sent.undo.length > 0 && watchers.watches('settled'))
    publishReturns(watchers, sent.undo, verdict, standsFor(options, subject))
}

/** A fault that refuses. The store is not asked, so the earlier stages are cancelled one by one. */
function deny<C, T>(call: CallContext<C, T>, fault: SluiceError): MaybePromise<T> {
  const { inForce, verb, options, subject } = call
  const decision = unavailable([String(fault.facts['name'])], inForce.policy.version)
  const cancelling = (options?.extend ?? []).map((reservation) => reservation.cancel()).filter(isPromise)
  publish(call, nothingApplies, decision)
  const answer = verb.answer(nothingApplies, decision, inForce, standsFor(options, subject))
  return cancelling.length === 0 ? answer : Promise.all(cancelling).then(() => answer)
}

/**
 * The open holds of reservations that a later call builds on.
 * @throws SluiceError `SLUICE_FOREIGN_RESERVATION` for one of another store, `SLUICE_OPTION_TYPE` for what is no list
 */
function openHolds(reservations: readonly Reservation[], store: Store): Hold[] {
  if (!Array.isArray(reservations))
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'extend', wanted: 'a list of reservations' }, { text: 'fixed' })
  return (reservations as readonly Reservation[]).flatMap((reservation) => {
    const held = heldBy(reservation)
    if (held === undefined || held.store !== store) throw new SluiceError(SLUICE_FOREIGN_RESERVATION)
    return held.open ? [held.hold] : []
  })
}

/** What reservations have charged and not given back: open ones, and those that are settled. A request pays it once. */
function paidHolds(reservations: readonly Reservation[]): Hold[] {
  return reservations.flatMap((reservation) => {
    const held = heldBy(reservation)
    return held === undefined || held.undone ? [] : [held.hold]
  })
}

/** Marks reservations whose holds a refusal has given back. */
function closeReservations(reservations: readonly Reservation[]): void {
  for (const reservation of reservations) {
    const held = heldBy(reservation)
    if (held === undefined || !held.open) continue
    held.open = false
    held.undone = true
  }
}

/** The caller has gone: what was reserved for it in the meantime is given back, or stays charged where the store fails now. */
function abandon(hold: Hold | null, store: Store): void {
  if (hold !== null) void Promise.resolve(store.settle(hold, hold.entries.map(nothingUsed))).catch(() => undefined)
}

/**
 * The charges of a later stage, without what the request has been charged already, or was counted for.
 * @param holds - what the earlier reservations have charged and not given back, settled or not
 */
function leftToCharge(charges: readonly Charge[], earlier: readonly Reservation[], holds: readonly Hold[]): Charge[] {
  return notCountedBy(earlier, charges).map((charge) => beyond(holds, charge))
}

/** Leaves out the shadow limits that could not pay an earlier stage: they hold nothing, but were counted, and a request counts once. */
function notCountedBy(earlier: readonly Reservation[], charges: readonly Charge[]): readonly Charge[] {
  const counted = earlier.flatMap(({ decision }) => decision.limits).filter((status) => status.shadow && !status.allowed)
  return counted.length === 0 ? charges : charges.filter(({ limit }) => !counted.some(({ name }) => name === limit.name))
}

/** A charge without the units that earlier stages of the request have charged to its bucket. */
function beyond(holds: readonly Hold[], charge: Charge): Charge {
  let cost = charge.cost
  for (const { entries } of holds) {
    for (const { limit, key, units } of entries)
      if (limit.name === charge.limit.name && key === charge.key) cost = Math.max(0, cost - units)
  }
  return cost === charge.cost ? charge : { ...charge, cost }
}
