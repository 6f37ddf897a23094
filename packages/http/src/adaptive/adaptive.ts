/** A limit whose capacity follows the server: what comes on top of what can be served well is refused at once, instead of queueing. */
import {
  type AdaptiveCapacity,
  type AdaptiveOptions,
  type AimdOptions,
  adaptiveCapacity,
  type Clock,
  type Duration,
  everyone,
  type Gradient2Options,
  type MemoryStore,
  memoryStore,
} from '@sluice/core'
import { checkOptions, oneOf, optionalOf, parseDuration, systemClock } from '@sluice/core/internal'
import type { HttpLimit } from '../http-limit.ts'
import { eventLoopDelay, lateness } from './event-loop-delay.ts'

/** What {@link adaptive} takes beside the numbers of its algorithm. */
export interface AdaptiveServerOptions {
  /** The name of the limit, in decisions and for operators. @default 'server' */
  readonly name?: string | undefined
  /** The status of a refusal: 503, since no caller asked too much, or 429 for clients that retry on nothing else. @default 503 */
  readonly status?: 429 | 503 | undefined
  /** A mean delay of the event loop above this is a sign of too much as well; `false` never is. @default '100ms' */
  readonly eventLoopDelay?: Duration | false | undefined
  /** Reads the mean delay of the event loop since its last call, in milliseconds. @default what `node:perf_hooks` measures, where the runtime has it */
  readonly readEventLoopDelay?: (() => number) | undefined
  /**
   * When it is decided. `'afterAddress'`: after the limits by address and when the body is there, so that neither callers over their
   * limit nor slow uploads take slots. `'first'`: before every other limit, at once, and without their store.
   * @default 'afterAddress'
   */
  readonly order?: 'afterAddress' | 'first' | undefined
  /** By which calls are timed. @default the monotonic clock */
  readonly clock?: Clock | undefined
}

/** What {@link adaptive} takes. */
export type AdaptiveLimitOptions = AdaptiveOptions & AdaptiveServerOptions

/** What a stage must know of an adaptive limit beside its definition: a record that stages count in. */
export interface Tracker {
  readonly capacity: AdaptiveCapacity
  /** Of its own: what this process can do is nobody else's business, and needs no way to another machine. */
  readonly store: MemoryStore
  readonly clock: Clock
  readonly order: 'afterAddress' | 'first'
  /** Requests that were admitted and have not ended, in all guards that have the limit. */
  inFlight: number
  /** Whether a call that ends now is a sign of a late event loop. @param round - calls that are admitted at once */
  isLate(nowMs: number, round: number): boolean
}

/** In the limit itself, so that spreading it takes it along. */
const trackerKey: unique symbol = Symbol('sluice.adaptive')

/**
 * A limit on requests in flight in this process, whose capacity grows while they are quick and shrinks while they are not:
 * `limits: [adaptive({ latency: '250ms' }), ...]`.
 *
 * It is decided after the limits by address and before all others of its list, wherever it stands in the list, and in this process,
 * whatever store they have. A request with a body takes its slot when the body is there. It learns from requests that it admitted, from their admission to the end of the response, so leave out what is long by nature, such as streams:
 * `{ ...adaptive(...), when: (request) => ... }`. Callers do not see it in headers, since its numbers are not theirs; `Retry-After` is
 * an estimate. Its present capacity is in the status that decisions carry of it.
 *
 * The same limit in several guards is one capacity.
 * @throws SluiceError `SLUICE_CHOICE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 */
export function adaptive(options: AdaptiveLimitOptions): HttpLimit {
  checkOptions(options, 'adaptive', optionNames)
  const {
    name = 'server',
    status = 503,
    eventLoopDelay: bound = '100ms',
    readEventLoopDelay: read,
    clock = systemClock(),
    order = 'afterAddress',
    ...rest
  } = options
  optionalOf(read, 'readEventLoopDelay', 'function')
  oneOf(order, 'order', ['afterAddress', 'first'])
  const capacity = adaptiveCapacity(rest)
  const isLate =
    bound === false ? never : lateness(parseDuration(bound, 'eventLoopDelay'), read === undefined ? eventLoopDelay : () => read)
  const tracker: Tracker = { capacity, store: memoryStore({ clock }), clock, order, inFlight: 0, isLate }
  const limit: Adaptive = { name, by: everyone, rule: capacity.rule, status, disclose: false, [trackerKey]: tracker }
  return Object.freeze(limit)
}

/** What an adaptive limit keeps; `undefined` for every other limit. */
export function trackerOf<R>(limit: HttpLimit<R>): Tracker | undefined {
  return (limit as Partial<Adaptive>)[trackerKey]
}

interface Adaptive extends HttpLimit {
  readonly [trackerKey]: Tracker
}

/** All of them; which of the numbers fit an algorithm, the core knows. */
const optionNames: readonly (keyof AimdOptions | keyof Gradient2Options | keyof AdaptiveServerOptions)[] = [
  'name',
  'status',
  'eventLoopDelay',
  'readEventLoopDelay',
  'clock',
  'order',
  'algorithm',
  'initial',
  'min',
  'max',
  'latency',
  'backoff',
  'tolerance',
]

function never(): boolean {
  return false
}
