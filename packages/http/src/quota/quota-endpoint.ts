/** The quota endpoint: a caller asks where it stands, and is charged nothing for it. */
import { type Duration, type Limiter, type MaybePromise, SluiceError, skip } from '@sluice/core'
import { checkOptions, functionTime, isPromise, reasonOf, SLUICE_OPTION_TYPE, warnOnce } from '@sluice/core/internal'
import { functionFault } from '../attempt.ts'
import { SLUICE_QUOTA } from '../errors.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { faultAnswer } from '../refusal/fault.ts'
import { type QuotaDocument, quotaDocument } from './quota-document.ts'

/** What a quota endpoint is made of. `R` is the request of the framework, `C` the subject of the limiter. */
export interface QuotaOptions<R, C> {
  /** The limiter that decides the caller's requests. It is asked, and nothing is charged. */
  readonly limiter: Limiter<C>
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
  /** How long `identify` may take, from 1 ms to 10 minutes. @default '5s' */
  readonly functionTimeout?: Duration | undefined
}

/** The answer to one request: JSON, or a problem document (RFC 9457). */
export interface QuotaAnswer {
  readonly status: 200 | 404 | 405 | 500
  readonly headers: readonly HeaderLine[]
  /** Empty for HEAD. */
  readonly body: string
}

/** Answers that are kept at once, and for how long. */
const mostKept = 10_000
const keptMs = 1000

interface Kept {
  readonly untilMs: number
  readonly document: Promise<QuotaDocument>
}

/**
 * Answers requests for a quota, in terms of no framework. Each adapter has a handler `quota` that is made of it.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`
 * @example
 * ```ts
 * const answer = quotaEndpoint<IncomingMessage, string>({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * const { status, headers, body } = await answer(request, request.method)
 * ```
 */
export function quotaEndpoint<R, C>(options: QuotaOptions<R, C>): (request: R, method: string) => Promise<QuotaAnswer> {
  checkOptions(options, 'quota', ['limiter', 'identify', 'id', 'functionTimeout'])
  const { limiter, identify, id, functionTimeout } = options
  if (typeof (limiter as Partial<Limiter<C>> | null | undefined)?.peek !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'limiter', wanted: 'what createLimiter returns', value: limiter })
  checkFunction('identify', identify)
  if (id !== undefined) checkFunction('id', id)
  const time = functionTime(functionTimeout)
  const kept = new Map<string | number, Kept>()

  async function documentOf(subject: C): Promise<QuotaDocument> {
    return quotaDocument(await limiter.peek(subject))
  }

  /** Of one subject the answer is kept for a second. The oldest of all makes room. */
  function recentDocument(subject: C): Promise<QuotaDocument> {
    const name = id === undefined ? subject : id(subject)
    if (typeof name !== 'string' && typeof name !== 'number') return documentOf(subject)
    const nowMs = performance.now()
    const known = kept.get(name)
    if (known !== undefined && nowMs < known.untilMs) return known.document
    const document = documentOf(subject)
    kept.delete(name)
    for (const oldest of kept.keys()) {
      if (kept.size < mostKept) break
      kept.delete(oldest)
    }
    kept.set(name, { untilMs: nowMs + keptMs, document })
    // What failed is asked again.
    document.catch(() => kept.delete(name))
    return document
  }

  async function answerOf(request: R, method: string): Promise<QuotaAnswer> {
    if (method !== 'GET' && method !== 'HEAD') return problem(405, 'Method Not Allowed', ['Allow', 'GET, HEAD'])
    try {
      const answer = identify(request)
      const subject = isPromise(answer) ? await time.within(answer, { function: 'identify' }) : answer
      if (subject === null || subject === undefined || subject === skip) return problem(404, 'Not Found')
      return {
        status: 200,
        headers: [noStore, ['Content-Type', 'application/json']],
        body: JSON.stringify(await recentDocument(subject as C)),
      }
    } catch (cause) {
      const fault = cause instanceof SluiceError ? cause : functionFault('identify', cause)
      warnOnce(SLUICE_QUOTA, { reason: reasonOf(fault.cause ?? fault) })
      return faultAnswer(fault)
    }
  }

  return async (request, method) => {
    const answer = await answerOf(request, method)
    return method === 'HEAD' ? { ...answer, body: '' } : answer
  }
}

const noStore: HeaderLine = ['Cache-Control', 'no-store']

function problem(status: 404 | 405, title: string, ...more: HeaderLine[]): QuotaAnswer {
  const headers: HeaderLine[] = [noStore, ['Content-Type', 'application/problem+json'], ...more]
  return { status, headers, body: JSON.stringify({ type: 'about:blank', title, status }) }
}

function checkFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: 'a function', value })
}
