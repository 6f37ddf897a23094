/** The limiter: subjects in, decisions out. One way through resolving and deciding serves all its verbs. */

import type { Migrate } from '../buckets/migrate.ts'
import type { Decision } from '../decision.ts'
import { SluiceError } from '../errors.ts'
import { functionTime } from '../function-time.ts'
import type { Mode } from '../limit.ts'
import { andThen, isPromise, type MaybePromise } from '../maybe-promise.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { observers } from '../observe.ts'
import { checkOptions, oneOf } from '../options.ts'
import { type Call, type Charge, type Hold, nothingApplies, type Store, type SyncStore, type Verdict } from '../store.ts'
import { abortable, throwIfAborted } from './abort.ts'
import { decisionOf, unavailable } from './answer.ts'
import { bucketVerbs } from './bucket-verbs.ts'
import { checkCallOptions, checkConsumable } from './call-options.ts'
import { leftToCharge } from './earlier-stages.ts'
import { gather, type ResolvedKey } from './gather.ts'
import type { CallOptions, Limiter, LimiterOptions, SyncLimiter } from './limiter-contract.ts'
import { guardedStore, withStore } from './limiter-store.ts'
import { compilePolicy, nextVersion, type Policy } from './policy.ts'
import { register, unregister } from './registry.ts'
import { abandon, closeReservations, type Origin, openHolds, paidHolds, type Reservation, reservationOf } from './reservation.ts'
import { settlementReports } from './settlement-reports.ts'
import { noShortcuts, type Shortcuts, saysNothing, shortWay } from './short-way.ts'
import { chargesUpTo, checkUpTo, grantOf, type UpToOptions } from './up-to.ts'

/**
 * A limiter: a policy of limits on a store. With a synchronous store and synchronous functions it answers at once.
 * @throws SluiceError for every wrong option, before anything is decided
 */
export function createLimiter<C = void>(options: LimiterOptions<C, 'sync', SyncStore>): SyncLimiter<C>
export function createLimiter<C = void>(options: LimiterOptions<C>): Limiter<C>
export function createLimiter<C = void>(options: LimiterOptions<C, Mode>): Limiter<C> {
  checkOptions(options, 'createLimiter', ['limits', 'store', 'onFault', 'functionTimeout', 'version'])
  const onFault = options.onFault === undefined ? 'throw' : oneOf(options.onFault, 'onFault', ['throw', 'allow', 'deny'])
  const store: Store = options.store === undefined ? memoryStore() : guardedStore(options.store)
  const watchers = observers()
  const reports = settlementReports(watchers.tell)
  const owner = {}
  const time = functionTime(options.functionTimeout)
  let policy = compilePolicy(options.limits, options.version ?? '0', { time, mostLimits: store.mostLimits })
  let migrate: Migrate = 'keepUsed'
  let closed = false
  register(store, owner, policy)
  let short = shortcuts(policy)
  const unwatch = store.watch?.(watchers.tell)

  function current(): Policy<C> {
    if (closed) throw new SluiceError('SLUICE_CLOSED', { what: 'limiter' })
    return policy
  }

  function onFailure(error: SluiceError, limit: string): void {
    watchers.tell({ type: 'fault', error, limit })
    if (onFault !== 'allow') throw error
  }

  /** The charges of a call, or the fault for which it is to be denied. */
  function resolve(
    under: Policy<C>,
    subject: C,
    o: Asked | undefined,
    keys?: readonly ResolvedKey[],
  ): MaybePromise<Charge[] | SluiceError> {
    checkCallOptions(o, under)
    try {
      const charges = gather(under, subject, o?.cost ?? 1, onFailure, keys)
      return isPromise(charges) ? charges.catch(denial) : charges
    } catch (error) {
      return denial(error)
    }
  }

  function denial(error: unknown): SluiceError {
    if (onFault === 'deny' && error instanceof SluiceError) return error
    throw error
  }

  /** The one way from a subject to an answer, which `answer` makes of the verdict. */
  function run<T>(action: Call['action'], subject: C, o: Asked | undefined, answer: AnswerWith<C, T>): MaybePromise<T> {
    return runUnder(current(), action, subject, o, answer)
  }

  function runUnder<T>(
    under: Policy<C>,
    action: Call['action'],
    subject: C,
    o: Asked | undefined,
    answer: AnswerWith<C, T>,
    keys?: readonly ResolvedKey[],
  ): MaybePromise<T> {
    const charges = resolve(under, subject, o, keys)
    return Array.isArray(charges) ? decide(action, under, charges, o, answer) : decideLate(action, under, charges, o, answer)
  }

  /** The ways of plain calls, where there are any. */
  function shortcuts(under: Policy<C>): Shortcuts<C> {
    const origin = originOf(under)
    return {
      consume: shortWay(under, store, {
        holds: false,
        answer: told,
        longWay: (subject, keys) => runUnder(under, 'consume', subject, undefined, decided, keys),
      }),
      reserve: shortWay(under, store, {
        holds: true,
        answer: (decision, hold) => reservationOf(told(decision), hold, origin),
        longWay: (subject, keys) => runUnder(under, 'reserve', subject, undefined, reserved, keys),
      }),
    }
  }

  function told(decision: Decision): Decision {
    if (watchers.watched()) watchers.tell({ type: 'decision', decision })
    return decision
  }

  /** What does not go on at once has functions of its own: a closure beside the usual path makes each call there allocate. */
  function decideLate<T>(
    action: Call['action'],
    under: Policy<C>,
    charges: Promise<Charge[] | SluiceError> | SluiceError,
    o: Asked | undefined,
    answer: AnswerWith<C, T>,
  ): MaybePromise<T> {
    if (charges instanceof SluiceError) return deny(action, under, charges, o, answer)
    return charges.then((late) => (Array.isArray(late) ? decide(action, under, late, o, answer) : deny(action, under, late, o, answer)))
  }

  function decide<T>(
    action: Call['action'],
    under: Policy<C>,
    charges: Charge[],
    o: Asked | undefined,
    answer: AnswerWith<C, T>,
  ): MaybePromise<T> {
    if (charges.length === 0) return conclude(action, under, nothingApplies, o, answer)
    if (action === 'consume') checkConsumable(charges)
    const call = o === undefined ? { action, charges, undo: noHolds, migrate } : callWith(under, o, action, charges)
    if (call.charges.length === 0) return conclude(action, under, nothingApplies, o, answer)
    const answered = store.decide(call)
    const verdict =
      under.bans !== undefined && action !== 'peek' ? under.bans.strike(store, watchers.tell, call.charges, answered) : answered
    return isPromise(verdict) ? concludeLate(action, under, verdict, o, answer) : conclude(action, under, verdict, o, answer)
  }

  function callWith(under: Policy<C>, { signal, extend, upTo }: Asked, action: Call['action'], charges: Charge[]): Call {
    throwIfAborted(signal)
    if (upTo !== undefined) return { action, charges: chargesUpTo(charges, under, upTo), undo: noHolds, migrate }
    if (extend === undefined || extend.length === 0) return { action, charges, undo: noHolds, migrate }
    const undo = openHolds(extend, store)
    return { action, charges: leftToCharge(charges, extend, paidHolds(extend)), undo, migrate }
  }

  function concludeLate<T>(
    action: Call['action'],
    under: Policy<C>,
    verdict: Promise<Verdict>,
    o: Asked | undefined,
    answer: AnswerWith<C, T>,
  ): Promise<T> {
    const waited = o?.signal === undefined ? verdict : abortable(verdict, o.signal, ({ hold }) => abandon(hold, store))
    return waited.then((late) => conclude(action, under, late, o, answer))
  }

  function conclude<T>(action: Call['action'], under: Policy<C>, verdict: Verdict, o: Asked | undefined, answer: AnswerWith<C, T>): T {
    const decision = decisionOf(verdict, under.version)
    if (!verdict.allowed && o?.extend !== undefined) closeReservations(o.extend)
    if (action !== 'peek') told(decision)
    return answer(verdict, decision, under)
  }

  /** A fault that refuses: the store is not asked, so the earlier stages are given back one by one. */
  function deny<T>(
    action: Call['action'],
    under: Policy<C>,
    fault: SluiceError,
    o: Asked | undefined,
    answer: AnswerWith<C, T>,
  ): MaybePromise<T> {
    const decision = unavailable([String(fault.facts['name'])], under.version)
    const cancelling = (o?.extend ?? []).map((reservation) => reservation.cancel()).filter(isPromise)
    if (action !== 'peek') told(decision)
    const answered = answer(nothingApplies, decision, under)
    return cancelling.length === 0 ? answered : Promise.all(cancelling).then(() => answered)
  }

  function reserved(verdict: Verdict, decision: Decision, under: Policy<C>): Reservation {
    return reservationOf(decision, verdict.hold, originOf(under))
  }

  function originOf(under: Policy<C>): Origin<C> {
    return { store, policy: under, ...reports }
  }

  const limiter: Limiter<C> = {
    consume: (subject, o) => (short.consume !== undefined && saysNothing(o) ? short.consume(subject) : run('consume', subject, o, decided)),
    consumeUpTo(subject, o) {
      const upTo = checkUpTo(o)
      const { cost, signal } = upTo
      return run('consume', subject, { cost, signal, upTo }, (verdict, decision, under) => grantOf(verdict, decision, under, upTo))
    },
    peek: (subject, o) => run('peek', subject, o, decided),
    reserve: (subject, o) =>
      short.reserve !== undefined && saysNothing(o) ? short.reserve(subject) : run('reserve', subject, o, reserved),
    refund: (subject, o) =>
      andThen(resolve(current(), subject, o), (charges) => (charges instanceof SluiceError ? undefined : store.refund(charges))),
    update(limits, o = {}) {
      checkOptions(o, 'update', ['migrate', 'version'])
      const how = o.migrate === undefined ? 'keepUsed' : oneOf(o.migrate, 'migrate', ['keepUsed', 'keepRemaining', 'proportional', 'reset'])
      const next = compilePolicy(limits, nextVersion(current().version, o.version), { time, mostLimits: store.mostLimits })
      register(store, owner, next)
      policy = next
      short = shortcuts(next)
      migrate = how
    },
    ...bucketVerbs(current, store),
    observe: watchers.observe,
    close() {
      if (closed) return
      closed = true
      short = noShortcuts
      unregister(store, owner)
      unwatch?.()
      return options.store === undefined ? store.close() : undefined
    },
  }
  return withStore(limiter, store)
}

/** What a call says beside its subject, whichever verb it is. */
interface Asked extends CallOptions {
  readonly upTo?: UpToOptions
}

type AnswerWith<C, T> = (verdict: Verdict, decision: Decision, policy: Policy<C>) => T

function decided(_verdict: Verdict, decision: Decision): Decision {
  return decision
}

const noHolds: readonly Hold[] = Object.freeze([])
