/** A limit whose capacity follows the server: what comes on top of what can be served well is refused at once, instead of queueing. */
import {
  type AdaptiveOptions,
  type AimdOptions,
  adaptiveCapacity,
  type Clock,
  type Duration,
  everyone,
  type Gradient2Options,
  memoryStore,
} from '@sluice/core'
import { checkOptions, oneOf, optionalOf, parseDuration, systemClock } from '@sluice/core/internal'
import { type OwnStage, ownStage } from '../guard/compile-route.ts'
import type { HttpLimit, RefusalStatus } from '../http-limit.ts'
import { adaptiveStage, type Tracker } from './adaptive-stage.ts'
import { eventLoopDelay, lateness } from './event-loop-delay.ts'

/** What {@link adaptive} takes beside the numbers of its algorithm. */
export interface AdaptiveServerOptions {
  /** The name of the limit, in decisions and for operators. @default 'server' */
  readonly name?: string | undefined
  /** The status of a refusal: 503, since no caller asked too much, or 429 for clients that retry on nothing else. @default 503 */
  readonly status?: RefusalStatus | undefined
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

/**
 * A limit on requests in flight in this process, whose capacity grows while they are quick and shrinks while they are not.
 *
 * Wherever it stands in its list, it is decided after the limits by address and before all others, in this process, whatever store they
 * have. A request with a body takes its slot when the body is there. It learns from requests that it admitted, from their admission to the
 * end of the response. So leave out what is long by nature, such as streams: `{ ...adaptive(...), when: (request) => ... }`.
 *
 * Callers do not see it in headers, and `Retry-After` is an estimate. Its current capacity is in the status that decisions have of it.
 * The same limit in several guards is one capacity.
 * @throws SluiceError `SLUICE_CHOICE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * app.register(sluice, { limits: [adaptive({ latency: '250ms' })] })
 * ```
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
  const own: OwnStage = { order, stage: (limit, compiler) => adaptiveStage(limit, tracker, compiler) }
  const limit: HttpLimit & { readonly [ownStage]: OwnStage } = {
    name,
    by: everyone,
    rule: capacity.rule,
    status,
    disclose: false,
    [ownStage]: own,
  }
  return Object.freeze(limit)
}

/** All names; the core checks which of them an algorithm takes. */
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
