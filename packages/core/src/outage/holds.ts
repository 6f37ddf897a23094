/** Settling and renewing holds: each where it was made, and in the store until that has confirmed it. */
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { andThen, isPromise, type MaybePromise } from '../maybe-promise.ts'
import type { StoreEvent } from '../observe.ts'
import type { Hold, Settled, Store } from '../store.ts'
import type { InTime } from './in-time.ts'
import { resend } from './resend.ts'
import type { StandIn } from './stand-in.ts'

/** The holds of one store and of the local fallback beside it. */
export interface Holds {
  settle(hold: Hold, actual: readonly number[]): MaybePromise<Settled>
  /** False only where it is known that a lease has expired or the hold is settled: what the store could not say is not lost. */
  renew(hold: Hold): MaybePromise<boolean>
  /** Returns all of a hold, for a caller that waits for no answer. */
  giveBack(hold: Hold): MaybePromise<Settled>
  /** A call is about to go to the store: what it has not confirmed yet goes first. */
  beforeCall(): void
  close(): void
}

/** What holds are settled with. */
export interface HoldsOptions {
  readonly store: Pick<Store, 'settle' | 'renew'>
  readonly here: StandIn
  readonly questions: InTime
  readonly clock: Clock
  tell(event: StoreEvent): void
}

export function outageHolds({ store, here, questions, clock, tell }: HoldsOptions): Holds {
  const fault = (error: SluiceError, limit: string | null = null): void => tell({ type: 'fault', error, limit })
  const again = resend({
    clock,
    // What is refused for good, as after close(), is not sent any more.
    send: (hold, unconfirmed) => unlessThrown(() => (unconfirmed === null ? renewAgain(hold) : settleAgain(hold, unconfirmed)), true),
    lost: (value) => fault(new SluiceError('SLUICE_SETTLEMENT_LOST', { value })),
  })

  /** Settles in the store; `null` where it has not confirmed that. */
  function settleIn(hold: Hold, actual: readonly number[], failed: (error: SluiceError) => void): MaybePromise<Settled | null> {
    return questions.ask<Settled | null>(
      () => store.settle(hold, actual),
      (error) => {
        failed(error)
        return null
      },
      () => again.drop(hold, actual),
    )
  }

  /** Nobody waits for the answer any more, so that what could not be charged is told as an event. */
  function settleAgain(hold: Hold, actual: readonly number[]): MaybePromise<boolean> {
    return andThen(settleIn(hold, actual, ignore), (settled) => {
      for (const [i, value] of (settled?.excess ?? []).entries()) {
        const { name } = hold.entries[i]!.limit
        if (value > 0) fault(new SluiceError('SLUICE_DEBT_BOUND', { name, value }), name)
      }
      return settled !== null
    })
  }

  function renewAgain(hold: Hold): MaybePromise<boolean> {
    return questions.ask(
      () => andThen(store.renew(hold), () => true),
      () => false,
      () => again.drop(hold, null),
    )
  }

  function settle(hold: Hold, actual: readonly number[], failed: (error: SluiceError) => void): MaybePromise<Settled> {
    if (here.made(hold)) return here.settle(hold, actual)
    again.drop(hold, null)
    const settled = settleIn(hold, actual, (error) => {
      failed(error)
      again.add(hold, actual)
    })
    return andThen(settled, (answer) => answer ?? notSettled(hold))
  }

  return {
    settle: (hold, actual) => settle(hold, actual, fault),
    giveBack: (hold) => unlessThrown(() => settle(hold, Array.from(hold.entries, nothingUsed), ignore), notSettled(hold)),
    renew(hold) {
      if (here.made(hold)) return here.renew(hold)
      return questions.ask(
        () => store.renew(hold),
        (error) => {
          fault(error)
          again.add(hold, null)
          return true
        },
        () => again.drop(hold, null),
      )
    },
    beforeCall: again.beforeCall,
    close: again.close,
  }
}

/** The answer, or `otherwise` where it throws or rejects: nobody is there to hear of it. */
function unlessThrown<T>(answer: () => MaybePromise<T>, otherwise: T): MaybePromise<T> {
  try {
    const settled = answer()
    return isPromise(settled) ? settled.catch(() => otherwise) : settled
  } catch {
    return otherwise
  }
}

/** A settlement that did not reach the store yet: the charge is as it was. */
function notSettled(hold: Hold): Settled {
  return { first: false, excess: Array.from(hold.entries, nothingUsed) }
}

function nothingUsed(): number {
  return 0
}

function ignore(): void {}
