/** Settling and renewing holds: each where it was made, and in the store until that has confirmed it. */

import type { Clock } from '../clock.ts'
import { SLUICE_SETTLEMENT_LOST } from '../errors.ts'
import type { CallReport, StoreEvent } from '../limiter-event.ts'
import { andThen, isPromise, type MaybePromise } from '../maybe-promise.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Hold, Settled, Store } from '../store.ts'
import { warnOnce } from '../warn.ts'
import type { InTime } from './in-time.ts'
import type { LocalFallback } from './local-fallback.ts'
import { type Resend, resend } from './resend.ts'
import { tellSettlementFaults } from './settlement-faults.ts'

/** The holds of one store and of the local fallback beside it. */
export interface Holds {
  settle(hold: Hold, actual: readonly number[], report?: CallReport): MaybePromise<Settled>
  /** False only where it is known that a lease has expired or the hold is settled: what the store could not say is not lost. */
  renew(hold: Hold, report?: CallReport): MaybePromise<boolean>
  /** Returns all of a hold, for a caller that waits for no answer. */
  giveBack(hold: Hold): MaybePromise<Settled>
  /** A call is about to go to the store: what it has not confirmed yet goes first. */
  beforeCall(): void
  close(): void
}

/** What holds are settled with. */
export interface HoldsOptions {
  readonly store: Pick<Store, 'settle' | 'renew'>
  readonly local: LocalFallback
  readonly questions: InTime
  readonly clock: Clock
  tell(event: StoreEvent): boolean
}

export function outageHolds(options: HoldsOptions): Holds {
  const { local } = options
  const fault = (error: SluiceError): void => void options.tell({ type: 'fault', error, limit: null })
  const inStore = confirmedHolds(options)

  const settle: ConfirmedHolds['settle'] = (hold, actual, failed, report) =>
    local.made(hold) ? local.settle(hold, actual) : inStore.settle(hold, actual, failed, report)

  return {
    settle: (hold, actual, report) => settle(hold, actual, fault, report),
    giveBack(hold) {
      const settled = unlessThrown(() => settle(hold, Array.from(hold.entries, nothingUsed), ignore), notSettled(hold))
      return andThen(settled, (answer) => {
        tellSettlementFaults(hold.entries, answer, options.tell)
        return answer
      })
    },
    renew: (hold, report) => (local.made(hold) ? local.renew(hold) : inStore.renew(hold, fault, report)),
    beforeCall: inStore.beforeCall,
    close: inStore.close,
  }
}

/** The holds of a store, which are settled and renewed until the store has confirmed it. */
interface ConfirmedHolds extends Pick<Holds, 'beforeCall' | 'close'> {
  settle(hold: Hold, actual: readonly number[], failed: (error: SluiceError) => void, report?: CallReport): MaybePromise<Settled>
  renew(hold: Hold, failed: (error: SluiceError) => void, report?: CallReport): MaybePromise<boolean>
}

/** What the functions of confirmed holds share. */
interface Confirming extends Pick<HoldsOptions, 'store' | 'questions' | 'tell'> {
  readonly again: Resend
  /** The reports of settlements that the store has not confirmed in time. */
  readonly reports: WeakMap<Hold, CallReport>
}

function confirmedHolds({ store, questions, clock, tell }: HoldsOptions): ConfirmedHolds {
  const again = resend({
    clock,
    // What is refused for good, as after close(), is not sent any more.
    send: (hold, unconfirmed) =>
      unlessThrown(() => (unconfirmed === null ? renewAgain(host, hold) : settleAgain(host, hold, unconfirmed)), true),
    lost(value) {
      const error = new SluiceError(SLUICE_SETTLEMENT_LOST, { value })
      if (!tell({ type: 'fault', error, limit: null })) warnOnce(SLUICE_SETTLEMENT_LOST, { value })
    },
  })
  const host: Confirming = { store, questions, again, tell, reports: new WeakMap() }
  return {
    settle(hold, actual, failed, report) {
      again.drop(hold, null)
      const unconfirmed = (error: SluiceError): void => {
        failed(error)
        again.add(hold, actual)
        if (report !== undefined) host.reports.set(hold, report)
      }
      const settled = settleOnce(host, hold, actual, unconfirmed, report)
      return andThen(settled, (answer) => answer ?? notSettled(hold))
    },
    renew(hold, failed, report) {
      const unconfirmed = (error: SluiceError): boolean => {
        failed(error)
        again.add(hold, null)
        return true
      }
      return renewOnce(host, hold, unconfirmed, report)
    },
    beforeCall: again.beforeCall,
    close: again.close,
  }
}

/** Settles once; `null` if the store has not confirmed it. What an answer that comes too late says is reported: no caller waits for it. */
function settleOnce(
  host: Confirming,
  hold: Hold,
  actual: readonly number[],
  failed: (error: SluiceError) => void,
  report?: CallReport,
): MaybePromise<Settled | null> {
  const { store, questions, again } = host
  return questions.ask<Settled | null>(
    () => store.settle(hold, actual),
    (error) => {
      failed(error)
      return null
    },
    (settled) => {
      again.drop(hold, actual)
      if (settled !== null) confirmedLater(host, hold, settled)
    },
    report,
  )
}

/** The caller no longer waits for the answer, so that events tell what the settlement did, and what it could not do. */
function confirmedLater({ reports, tell }: Confirming, hold: Hold, settled: Settled): void {
  tellSettlementFaults(hold.entries, settled, tell)
  reports.get(hold)?.settled?.(settled)
}

/** Settles again. */
function settleAgain(host: Confirming, hold: Hold, actual: readonly number[]): MaybePromise<boolean> {
  return andThen(settleOnce(host, hold, actual, ignore), (settled) => {
    if (settled !== null) confirmedLater(host, hold, settled)
    return settled !== null
  })
}

/** Renews once. @returns what the store answers, or what `failed` says */
function renewOnce(
  { store, questions, again }: Confirming,
  hold: Hold,
  failed: (error: SluiceError) => boolean,
  report?: CallReport,
): MaybePromise<boolean> {
  return questions.ask(
    () => store.renew(hold),
    failed,
    () => again.drop(hold, null),
    report,
  )
}

/** Whether the store has answered, whatever it says. */
function renewAgain(host: Confirming, hold: Hold): MaybePromise<boolean> {
  let answered = true
  const renewed = renewOnce(host, hold, () => (answered = false))
  return andThen(renewed, () => answered)
}

/** The answer, or `otherwise` if it throws or rejects: no caller waits for the error. */
function unlessThrown<T>(answer: () => MaybePromise<T>, otherwise: T): MaybePromise<T> {
  try {
    const settled = answer()
    return isPromise(settled) ? settled.catch(() => otherwise) : settled
  } catch {
    return otherwise
  }
}

/** A settlement that has not reached the store yet: the charge is as it was. */
function notSettled(hold: Hold): Settled {
  return { first: false, excess: Array.from(hold.entries, nothingUsed) }
}

function nothingUsed(): number {
  return 0
}

function ignore(): void {}
