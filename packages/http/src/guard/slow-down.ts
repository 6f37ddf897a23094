/** Slowing requests down: a request above `after` waits before it goes on. Its place is free as soon as its client has gone. */
import type { Decision, LimitStatus, MaybePromise, Reservation } from '@sluice/core'
import { andThen, type FunctionTime, parseDuration, SLUICE_OPTION_TYPE, systemClock } from '@sluice/core/internal'
import { attempt, functionFault } from '../attempt.ts'
import { SluiceError } from '../errors.ts'
import type { HttpSubject } from './core-limit.ts'
import { decidedRequest } from './decided-request.ts'
import type { LimiterPool } from './limiter-pool.ts'
import type { RequestContext } from './request-context.ts'
import { delayOf, type SlowLimit, slowedBy } from './slow-limit.ts'
import { denial } from './stage.ts'

/** Waits end this soon after a server has stopped listening. */
const lookMs = 1000

/** What slows the requests of one guard down. */
export interface SlowDowns<R> {
  /**
   * Lets a request wait for as long as its limits say, after a decision that admitted it.
   * @returns `null` to go on, `'gone'` where the client has gone meanwhile, and a refusal where too many wait or a function failed
   */
  slow(limits: readonly SlowLimit<R>[], decision: Decision, context: RequestContext<R>): MaybePromise<Slowed>
  /** Ends all waits: their requests go on at once, and later ones do not wait. */
  end(): void
}

/** How a wait has ended. */
export type Slowed = Reservation | 'gone' | null

/** What slow-downs need of their guard. */
export interface SlowDownOptions<R> {
  /** Requests that wait at once. */
  readonly maxWaiting: number
  readonly time: FunctionTime
  readonly pool: LimiterPool<R>
  /** Whether the server of a request has stopped listening. */
  isClosing(request: R): boolean
  /** Called with the fault of a `delay` function. @returns whether the request goes on all the same */
  shouldContinue(error: SluiceError, about: HttpSubject<R>): boolean
}

/** How long one request has to wait, and for which limit. */
interface Wait {
  readonly limit: string
  readonly ms: number
}

/** A request that waits. */
interface Place {
  readonly endsAtMs: number
  leave(how: 'gone' | null): void
}

/** The slow-downs of a guard. */
export function slowDowns<R>({ maxWaiting, time, pool, isClosing, shouldContinue }: SlowDownOptions<R>): SlowDowns<R> {
  const places = new Set<Place>()
  const clock = systemClock()
  let hasEnded = false

  /** The wait for one limit; `null` where its function failed, and faults are to be denied. */
  function waitOf({ name, after, delay, maxMs }: SlowLimit<R>, used: number, context: RequestContext<R>): MaybePromise<Wait | null> {
    const { request, http } = context
    const bounded = (ms: number): Wait => ({ limit: name, ms: Math.min(ms, maxMs) })
    if (typeof delay === 'number') return bounded((used - after) * delay)
    const failed = (cause: unknown): Wait | null => (shouldContinue(functionFault('delay', cause), context) ? none : null)
    return attempt(() => andThen(delay(used, request, http), (answer) => bounded(delayMs(answer))), failed, { time, name: 'delay' })
  }

  function publish({ limit, ms }: Wait, refused: boolean, { request, http }: RequestContext<R>): void {
    if (pool.watches('delay')) pool.publish({ type: 'delay', limit, delayMs: ms, refused, http: decidedRequest(request, http) })
  }

  function hold(wait: Wait, decision: Decision, context: RequestContext<R>): MaybePromise<Slowed> {
    const left = { limit: wait.limit, ms: Math.ceil(wait.ms - delayOf(context.ledger)) }
    if (left.ms <= 0 || hasEnded) return null
    const isFull = places.size >= maxWaiting
    publish(left, isFull, context)
    return isFull ? tooMany(left, endOfFirst(places) - clock.nowMs(), decision) : takePlace(left.ms, context)
  }

  function takePlace(ms: number, { ledger, request }: RequestContext<R>): Promise<Slowed> {
    slowedBy(ledger).delayMs += ms
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      let leftMs = ms
      const leave: Place['leave'] = (how) => {
        if (!places.delete(place)) return
        clearTimeout(timer)
        resolve(how)
      }
      const place: Place = { endsAtMs: clock.nowMs() + ms, leave }
      const step = (): void => {
        if (leftMs === 0 || isClosing(request)) {
          leave(null)
          return
        }
        const stepMs = Math.min(leftMs, lookMs)
        leftMs -= stepMs
        timer = setTimeout(step, stepMs)
        // Browsers and workers have numbers for timers, and no processes to keep.
        ;(timer as unknown as { unref?(): void }).unref?.()
      }
      places.add(place)
      step()
      ledger.watchEnd()
      ledger.whenEnded(() => leave('gone'))
    })
  }

  return {
    slow(limits, decision, context) {
      let longest: MaybePromise<Wait | null> = none
      for (const limit of limits) {
        const used = usedBy(limit, decision, context)
        if (used <= limit.after) continue
        const wait = waitOf(limit, used, context)
        longest = andThen<Wait | null, Wait | null>(longest, (a) => andThen(wait, (b) => longerOf(a, b)))
      }
      if (longest === none) return null
      return andThen(longest, (wait) => (wait === null ? denial() : hold(wait, decision, context)))
    },
    end() {
      hasEnded = true
      for (const { leave } of [...places]) leave(null)
    },
  }
}

const none: Wait = { limit: '', ms: 0 }

function longerOf(a: Wait | null, b: Wait | null): Wait | null {
  if (a === null || b === null) return null
  return b.ms > a.ms ? b : a
}

/**
 * Units of the limit that were used when the request came, with those of the request itself. A later stage adds only what it charges
 * on top: what others have used meanwhile does not make the request wait again.
 */
function usedBy<R>({ name }: SlowLimit<R>, { limits }: Decision, { ledger }: RequestContext<R>): number {
  const status = limits.find((one) => one.name === name)
  if (status === undefined || status.shadow || status.cost === 0) return 0
  const { used: known } = slowedBy(ledger)
  const before = known.get(name)
  const used = before === undefined ? status.capacity - status.remaining : before + status.cost
  known.set(name, used)
  return used
}

/** @throws SluiceError `SLUICE_DURATION`, `SLUICE_OPTION_TYPE` for what is no wait */
function delayMs(answer: unknown): number {
  if (typeof answer === 'string') return parseDuration(answer, 'delay(…)', true)
  if (typeof answer === 'number' && answer >= 0) return answer
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'delay(…)', wanted: 'milliseconds or a duration', value: answer })
}

/** When the first of the waiting requests goes on. */
function endOfFirst(places: ReadonlySet<Place>): number {
  let endsAtMs = Number.POSITIVE_INFINITY
  for (const place of places) endsAtMs = Math.min(endsAtMs, place.endsAtMs)
  return endsAtMs
}

/** The refusal of a request that would have to wait where too many do. By the end of its own wait a place is free, unless another request takes it. */
function tooMany({ limit, ms }: Wait, freeMs: number, decision: Decision): Reservation {
  const retryAfterMs = Math.max(ms, freeMs, 1)
  // What the request was charged is given back.
  const withdrawn = (status: LimitStatus): LimitStatus => ({
    ...status,
    remaining: Math.min(status.capacity, status.remaining + status.cost),
    ...(status.name === limit ? { allowed: false, retryAfterMs, estimated: true } : {}),
  })
  const limits = decision.limits.map(withdrawn)
  return { ...denial(), decision: { ...decision, allowed: false, outcome: 'limited', retryAfterMs, limits, refusedBy: [limit] } }
}
