/** The stage of an adaptive limit: it takes a slot for each request, and learns how the request ended. */
import {
  type AdaptiveCapacity,
  type Clock,
  concurrency,
  everyone,
  type MaybePromise,
  type MemoryStore,
  type Reservation,
} from '@sluice/core'
import { andThen, isPromise } from '@sluice/core/internal'
import type { Upload } from '../guard/adapter.ts'
import type { RouteCompiler } from '../guard/compile-route.ts'
import type { StageSubject } from '../guard/core-limit.ts'
import { limitsStage, type Stage } from '../guard/stage.ts'
import type { HttpLimit, ResponseFacts } from '../http-limit.ts'
import { isArriving, nextTurn, whenArrived } from './upload.ts'

/** What a stage must know of an adaptive limit beside its definition: a record that stages count in. */
export interface Tracker {
  readonly capacity: AdaptiveCapacity
  /** A store of its own: the capacity of this process concerns no other process, and needs no trip to another machine. */
  readonly store: MemoryStore
  readonly clock: Clock
  readonly order: 'afterAddress' | 'first'
  /** Requests that were admitted and have not ended, in all guards that have the limit. */
  inFlight: number
  /** Whether a call that ends now is a sign of a late event loop. @param round - calls that are admitted at once */
  isLate(nowMs: number, round: number): boolean
}

/** A stage of one adaptive limit. */
export function adaptiveStage<R>(
  limit: HttpLimit<R>,
  tracker: Tracker,
  { adapter: { uploadOf }, pool, onFault, time }: RouteCompiler<R>,
): Stage<R> {
  const stageOf = (limits: readonly HttpLimit<R>[]): Stage<R> =>
    limitsStage({ limits, limiter: pool.limiterFor(limits, tracker.store), cost: 1, settle: undefined, onFault, time })
  const stage = stageOf([limit])
  const forUploads = stageOf([...uploadLimits(limit, tracker), limit])

  function take(subject: StageSubject<R>, upload: Upload | undefined): MaybePromise<Reservation | null> {
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
 * The limits of bodies that are too long to wait for, while they arrive: half of the slots, and a quarter for one address. A client that
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
 * Tracks a slot to the end of its request. The request ends, and its slot is free, one turn of the event loop after its response.
 *
 * Requests that are handled in one go never meet in flight, and yet each waits for those before it. So they are counted together, and
 * the latency that is learnt is that of the last of them.
 * @param learns - whether its time depends on the server: that of an upload depends on its client
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
  // A handler that answers so found its own backend overloaded, however quickly it answered.
  if (late || status === 503 || status === 504) return 'overloaded'
  return aborted ? 'aborted' : 'answered'
}
