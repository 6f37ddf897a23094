/** The stage of an adaptive limit: it takes a slot for each request, and learns how the request ended. */
import { concurrency, everyone, type Limiter, type MaybePromise, type Reservation } from '@sluice/core'
import { andThen, type FunctionTime, isPromise } from '@sluice/core/internal'
import type { HttpSubject } from '../guard/core-limit.ts'
import { nextTurn } from '../guard/next-turn.ts'
import { limitsStage, type Stage } from '../guard/stage.ts'
import type { HttpLimit, ResponseFacts } from '../http-limit.ts'
import type { Tracker } from './adaptive.ts'
import { isArriving, type Upload, whenArrived } from './upload.ts'

/** What an adaptive stage is made of. */
export interface AdaptiveStage<R> {
  readonly limit: HttpLimit<R>
  readonly tracker: Tracker
  /** The limiter of a list, on the store of the tracker. */
  limiterFor(limits: readonly HttpLimit<R>[]): Limiter<HttpSubject<R>>
  readonly uploadOf: ((request: R) => Upload | undefined) | undefined
  readonly onFault: Stage<R>['onFault']
  readonly time: FunctionTime
}

/** A stage of one adaptive limit. */
export function adaptiveStage<R>({ limit, tracker, limiterFor, uploadOf, onFault, time }: AdaptiveStage<R>): Stage<R> {
  const stageOf = (limits: readonly HttpLimit<R>[]): Stage<R> =>
    limitsStage({ limits, limiter: limiterFor(limits), cost: 1, settle: undefined, onFault, time })
  const stage = stageOf([limit])
  const forUploads = stageOf([...uploadLimits(limit, tracker), limit])

  function take(subject: HttpSubject<R>, upload: Upload | undefined): MaybePromise<Reservation | null> {
    const arrives = tracker.order !== 'first' && isArriving(upload) && subject.http.ip !== null
    const taken = (arrives ? forUploads : stage).reserve(subject, none)
    const track = (reservation: Reservation | null): Reservation | null =>
      reservation === null ? null : tracked(reservation, tracker, !arrives)
    return isPromise(taken) ? taken.then(track) : track(taken)
  }

  return {
    ...stage,
    limitNamed: forUploads.limitNamed,
    reserve(subject, extend) {
      // One slot a request, however many guards it passes.
      if (extend.length > 0) return null
      const upload = uploadOf?.(subject.request)
      const arrived = upload === undefined || tracker.order === 'first' ? undefined : whenArrived(upload)
      return isPromise(arrived) ? arrived.then(() => take(subject, upload)) : take(subject, upload)
    },
    ended(reservation, response) {
      if (isTracked(reservation)) reservation.response = response
    },
  }
}

/**
 * What bodies may hold that are too long to wait for, while they arrive: half of the slots, and a quarter for one address. A client that
 * sends slowly on purpose leaves the rest to others, however many connections it has.
 */
function uploadLimits<R>({ name, status }: HttpLimit<R>, { capacity }: Tracker): readonly HttpLimit<R>[] {
  const part = (divisor: number) => () => concurrency({ capacity: Math.max(1, Math.floor(capacity.capacity() / divisor)) })
  const common = { status, disclose: false }
  return [
    { ...common, name: `${name}-uploads`, by: everyone, rule: part(2) },
    { ...common, name: `${name}-uploads-of-address`, rule: part(4) },
  ]
}

const none: readonly never[] = []

/** The slot of a request that is tracked to its end. */
interface Tracked extends Reservation {
  response: ResponseFacts | null
}

function isTracked(reservation: Reservation): reservation is Tracked {
  return 'response' in reservation
}

/**
 * The slot is free, and the request has ended, one turn of the event loop after its response. Requests that are handled in one go
 * never meet in flight, and yet each waits for those before it: so they are counted together, and the time that is learnt is the one
 * that the last of them waited.
 * @param learns - whether its time says something about the server: that of an upload says how fast its client sends
 */
function tracked(reservation: Reservation, tracker: Tracker, learns: boolean): Reservation {
  const { capacity, clock, isLate } = tracker
  const { allowed, limits } = reservation.decision
  // Where the limit does not apply, nothing is learnt; a refused request never ends.
  if (!allowed || limits.length === 0) return reservation
  const admittedAtMs = clock.nowMs()
  const inFlightThen = ++tracker.inFlight
  let open = true
  const close = (): void => {
    if (open) tracker.inFlight--
    open = false
  }
  const own: Tracked = {
    decision: reservation.decision,
    response: null,
    settle: (actual) =>
      andThen(nextTurn(), () => {
        const inFlight = Math.max(inFlightThen, tracker.inFlight)
        if (open && learns && own.response !== null) {
          const atMs = clock.nowMs()
          const outcome = outcomeOf(own.response, isLate(atMs, capacity.capacity()))
          capacity.learn({ latencyMs: atMs - admittedAtMs, inFlight, outcome, atMs })
        }
        close()
        return reservation.settle(actual)
      }),
    cancel() {
      close()
      return reservation.cancel()
    },
    renew: () => reservation.renew(),
    [Symbol.asyncDispose]: async () => own.cancel(),
  }
  return own
}

function outcomeOf({ status, aborted }: ResponseFacts, late: boolean): 'answered' | 'aborted' | 'overloaded' {
  // What a handler answers so had no room behind it, however quickly it said that.
  if (late || status === 503 || status === 504) return 'overloaded'
  return aborted ? 'aborted' : 'answered'
}
