/** Where a caller stands, read at most once a second: what the quota endpoint and the quota page share. */
import { type Limiter, type LimitFacts, type MaybePromise, SluiceError, skip } from '@sluice/core'
import {
  functionTime,
  isPromise,
  type KeysOption,
  optionalOf,
  reasonOf,
  SLUICE_OPTION_TYPE,
  unlimitedOfPeek,
  warnOnce,
} from '@sluice/core/internal'
import { functionFault } from '../attempt.ts'
import { SLUICE_QUOTA } from '../errors.ts'
import { type GuardQuotaOptions, optionsOfGuard } from './guard-quota.ts'
import { isUnknown, type QuotaDocument, quotaDocument } from './quota-document.ts'
import { historyReader, type QuotaParts, queueReader } from './quota-parts.ts'

/** What a quota endpoint is made of. `R` is the request of the framework, `C` the subject of the limiter. */
export interface QuotaOptions<R, C> extends QuotaParts<C> {
  /** The limiter that decides the caller's requests. It is asked, and nothing is charged. */
  readonly limiter: Pick<Limiter<C>, 'peek'>
  /**
   * Who asks, from what the server knows of the request: its session or its key, and never a parameter, which anyone can write. `null` or
   * `skip` for a request that has no quota: the answer is 404.
   */
  readonly identify: (request: R) => MaybePromise<C | typeof skip | null>
  /**
   * Names a subject. Answers to the same name are kept for a second, so two callers must never have the same one.
   * @default the subject itself if it is a string or a number; no answer to others is kept
   */
  readonly id?: ((subject: C) => string | number) | undefined
  /** Instead of `limiter`, `identify` and `id`: see `GuardQuotaOptions`. */
  readonly guard?: undefined
}

/** The names of the options that read a quota, those of a guard included. */
export const quotaOptionNames: readonly string[] = ['limiter', 'identify', 'id', 'guard', 'queue', 'history', 'functionTimeout']

/** Where a caller stands, and when that was read. */
export interface QuotaReading {
  readonly document: QuotaDocument
  /** Whether a call of one unit would be served now, also while the state is unknown. */
  readonly isServed: boolean
  /** When it was read, in milliseconds of `performance.now()`. */
  readonly readAtMs: number
}

/** Readings that are kept at once, and for how long. */
const mostKept = 10_000
const keptMs = 1000

interface Kept {
  readonly untilMs: number
  readonly reading: Promise<QuotaReading>
}

/**
 * Reads where the caller of a request stands.
 * @returns answers the subject with its reading, or `null` where the request has no quota. It throws the fault of `identify` or of the
 * limiter, which it has warned of
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`
 * @example
 * ```ts
 * const read = quotaReader<IncomingMessage, string>({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * const found = await read(request)
 * ```
 */
export function quotaReader<R, C>(
  options: QuotaOptions<R, C> | GuardQuotaOptions<R>,
): (request: R) => Promise<{ readonly subject: C; readonly reading: QuotaReading } | null> {
  const { limiter, identify, id, queue, history, functionTimeout } = optionsOfGuard(options) as QuotaOptions<R, C>
  if (typeof (limiter as Partial<Limiter<C>> | null | undefined)?.peek !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'limiter', wanted: 'what createLimiter returns', value: limiter })
  checkFunction('identify', identify)
  optionalOf(id, 'id', 'function')
  const time = functionTime(functionTimeout)
  const queueOf = queueReader(queue, time)
  const readHistory = historyReader(history)
  const kept = new Map<string | number, Kept>()

  async function readingOf(subject: C): Promise<QuotaReading> {
    const hour = readHistory()
    const unlimited: string[] = []
    const found = ({ name, disclose, shadow }: LimitFacts): void => void (disclose && !shadow && unlimited.push(name))
    const options: KeysOption = { ...hour?.options, [unlimitedOfPeek]: found }
    const [decision, waiting] = await Promise.all([limiter.peek(subject, options), queueOf(subject)])
    // Without limits there is no history to show, and where the store is away a shared one is not there either.
    const minutes = isUnknown(decision) ? undefined : await hour?.minutes()
    const document = quotaDocument(decision, { queue: waiting, history: minutes, unlimited })
    return { document, isServed: decision.allowed, readAtMs: performance.now() }
  }

  /** The reading of one subject is kept for a second. The oldest of all is dropped for a new one. */
  function recentReading(subject: C): Promise<QuotaReading> {
    const name = id === undefined ? subject : id(subject)
    if (typeof name !== 'string' && typeof name !== 'number') return readingOf(subject)
    const nowMs = performance.now()
    const known = kept.get(name)
    if (known !== undefined && nowMs < known.untilMs) return known.reading
    const reading = readingOf(subject)
    kept.delete(name)
    for (const oldest of kept.keys()) {
      if (kept.size < mostKept) break
      kept.delete(oldest)
    }
    kept.set(name, { untilMs: nowMs + keptMs, reading })
    // What failed is asked again.
    reading.catch(() => kept.delete(name))
    return reading
  }

  return async (request) => {
    try {
      const answer = identify(request)
      const subject = isPromise(answer) ? await time.within(answer, { function: 'identify' }) : answer
      if (subject === null || subject === undefined || subject === skip) return null
      return { subject: subject as C, reading: await recentReading(subject as C) }
    } catch (cause) {
      const fault = cause instanceof SluiceError ? cause : functionFault('identify', cause)
      warnOnce(SLUICE_QUOTA, { reason: reasonOf(fault.cause ?? fault) })
      throw fault
    }
  }
}

function checkFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: 'a function', value })
}
