/** The stage of an adaptive limit: it takes a slot for each request, and learns how the request ended. */
import { andThen, type Limiter, type Reservation } from '@sluice/core'
import type { HttpSubject } from '../guard/core-limit.ts'
import { nextTurn } from '../guard/next-turn.ts'
import { limitsStage, type Stage } from '../guard/stage.ts'
import type { HttpLimit, ResponseFacts } from '../http-limit.ts'
import type { Follower } from './adaptive.ts'

/** What an adaptive stage is made of. */
export interface AdaptiveStage<R> {
  readonly limit: HttpLimit<R>
  readonly follower: Follower
  /** Of this limit alone, on the store of the follower. */
  readonly limiter: Limiter<HttpSubject<R>>
  readonly onFault: Stage<R>['onFault']
}

/** A stage of one adaptive limit. */
export function adaptiveStage<R>({ limit, follower, limiter, onFault }: AdaptiveStage<R>): Stage<R> {
  const stage = limitsStage({ limits: [limit], limiter, cost: 1, settle: undefined, onFault })
  return {
    ...stage,
    reserve(subject, extend) {
      // One slot a request, however many guards it passes.
      if (extend.length > 0) return null
      return andThen(stage.reserve(subject, extend), (reservation) => (reservation === null ? null : followed(reservation, follower)))
    },
    ended(reservation, response) {
      if (isFollowed(reservation)) reservation.response = response
    },
  }
}

/** The slot of a request that is followed to its end. */
interface Followed extends Reservation {
  response: ResponseFacts | null
}

function isFollowed(reservation: Reservation): reservation is Followed {
  return 'response' in reservation
}

/**
 * The slot is free, and the request has ended, one turn of the event loop after its response. Requests that are handled in one go
 * never meet in flight, and yet each waits for those before it: so they are counted together, and the time that is learnt is the one
 * that the last of them waited.
 */
function followed(reservation: Reservation, follower: Follower): Reservation {
  const { capacity, clock, isLate } = follower
  const { allowed, limits } = reservation.decision
  // Where the limit does not apply, nothing is learnt; a refused request never ends.
  if (!allowed || limits.length === 0) return reservation
  const admittedAtMs = clock.nowMs()
  const underWayThen = ++follower.underWay
  const own: Followed = {
    decision: reservation.decision,
    response: null,
    settle: (actual) =>
      andThen(nextTurn(), () => {
        const inFlight = Math.max(underWayThen, follower.underWay--)
        if (own.response !== null) {
          const atMs = clock.nowMs()
          const outcome = outcomeOf(own.response, isLate(atMs, capacity.capacity()))
          capacity.learn({ latencyMs: atMs - admittedAtMs, inFlight, outcome, atMs })
        }
        return reservation.settle(actual)
      }),
    cancel() {
      follower.underWay--
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
