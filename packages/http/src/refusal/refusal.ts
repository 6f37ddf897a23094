/** The response to a refused request, ready to be written by any framework. */
import type { MaybePromise, Refused } from '@sluice/core'
import { andThen, type FunctionTime, isPromise, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { attempt, functionFault } from '../attempt.ts'
import { SluiceError } from '../errors.ts'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import type { HeaderPlan } from '../headers/header-presets.ts'
import type { HttpFacts } from '../http-facts.ts'
import type { HttpOptions, RefusalStatus } from '../http-limit.ts'
import { refusalFormat } from './accept.ts'
import { type BodyContent, customBody, type RefusalBody, refusalBody } from './refusal-body.ts'
import { rememberBodies } from './remember-bodies.ts'

/** A refusal. */
export interface Refusal {
  /** Why; `null` for an address on the deny list, and for a client that has gone. No limit decided that. */
  readonly refused: Refused | null
  readonly status: RefusalStatus
  /** `Content-Type` included, quota headers too. */
  readonly headers: readonly HeaderLine[]
  /** The quota headers among them, which stay where `onRefused` hands the request on. */
  readonly quota: readonly HeaderLine[]
  /** Headers that an earlier stage may have written, and that no longer hold. */
  readonly withdrawn: readonly string[]
  readonly body: BodyContent
}

/** What one refusal is made of. */
export interface RefusalFacts<R> {
  readonly refused: Refused
  readonly limits: DisclosedLimits
  /** The quota headers for these limits. */
  readonly quota: readonly HeaderLine[]
  readonly withdrawn: readonly string[]
  readonly request: R
  readonly http: HttpFacts
  statusOf(limit: string): RefusalStatus
}

/** What all refusals of a guard are made of. */
export interface RefusalOptions<R> extends Pick<HttpOptions<R, never>, 'message' | 'body'> {
  readonly headers: HeaderPlan
  readonly time: FunctionTime
  /** Called with the fault of a text function. A refusal stays one, in our words, unless this throws. */
  shouldContinue(error: SluiceError, about: Pick<RefusalFacts<R>, 'request' | 'http'>): boolean
}

/** Writes the refusals of a guard in the form that each client reads. */
export function refusalWriter<R>(options: RefusalOptions<R>): (facts: RefusalFacts<R>) => MaybePromise<Refusal> {
  const { message: sentence, body: customText, time } = options
  const bodies = rememberBodies()

  function bodyOf(facts: RefusalFacts<R>, status: RefusalStatus): MaybePromise<RefusalBody<BodyContent>> {
    if (customText === undefined) return worded(facts, status)
    const { refused, request, http } = facts
    const written = own('body', facts, () => andThen(customText(refused, request, http), customBody))
    return andThen(written, (body) => body ?? worded(facts, status))
  }

  function worded(facts: RefusalFacts<R>, status: RefusalStatus): MaybePromise<RefusalBody> {
    if (typeof sentence !== 'function') return formatted(facts, status, sentence)
    const { refused, request, http } = facts
    const message = own('message', facts, () => andThen(sentence(refused, request, http), checkedText))
    return andThen(message, (text) => formatted(facts, status, text))
  }

  function formatted({ refused, limits, http }: RefusalFacts<R>, status: RefusalStatus, message: string | undefined): RefusalBody {
    // Read once: it is a function of its own each time.
    const { header } = http
    const format = refusalFormat(header('accept'), header('user-agent'))
    const isSafe = format === 'page' && isRead(http.method)
    return message === undefined
      ? bodies({ refused, limits, status, isSafe }, format)
      : refusalBody({ refused, limits, status, message, isSafe }, format)
  }

  /** The answer of a text function; nothing where it failed. */
  function own<T>(name: 'message' | 'body', facts: RefusalFacts<R>, call: () => MaybePromise<T>): MaybePromise<T | undefined> {
    return attempt(call, (cause) => void options.shouldContinue(functionFault(name, cause), facts), { time, name })
  }

  function refusalWith(written: RefusalBody<BodyContent>, facts: RefusalFacts<R>, status: RefusalStatus): Refusal {
    const { contentType, body, refreshSeconds } = written
    const { refused, quota, withdrawn } = facts
    const headers: HeaderLine[] = [...quota, ...options.headers.refusal(refused), ['Content-Type', contentType]]
    if (refreshSeconds !== undefined) headers.push(['Refresh', String(refreshSeconds)])
    return { refused, status, headers, quota, withdrawn, body }
  }

  /** A function of its own: a closure beside the usual path would make every refusal allocate. */
  function resume(body: Promise<RefusalBody<BodyContent>>, facts: RefusalFacts<R>, status: RefusalStatus): Promise<Refusal> {
    return body.then((text) => refusalWith(text, facts, status))
  }

  return (facts) => {
    const status = refusalStatus(facts.refused, facts.statusOf)
    const body = bodyOf(facts, status)
    return isPromise(body) ? resume(body, facts, status) : refusalWith(body, facts, status)
  }
}

/**
 * The status of a refusal: 503 for an outage, and else that of the outermost limit that refused. As long as one of them counts the caller,
 * one from 500 on does not count. An impossible cost is never answered with such a one: it would invite retries that can never succeed.
 * @param statusOf - the status of a limit, by name
 */
export function refusalStatus(refused: Refused, statusOf: (limit: string) => RefusalStatus): RefusalStatus {
  if (refused.outcome === 'unavailable') return 503
  let first: RefusalStatus | undefined
  for (const name of refused.refusedBy) {
    const status = statusOf(name)
    if (status < 500) return status
    first ??= status
  }
  return first === undefined || refused.outcome === 'impossible' ? 429 : first
}

/** Whether a request is repeated without harm, and a link repeats it. */
function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function checkedText(words: string): string {
  if (typeof words === 'string') return words
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'message(…)', wanted: 'text', value: words })
}

/** The answer that no client gets: it has gone while its request waited, and no handler runs. The status is that of nginx's logs. */
export const clientGone: Refusal = Object.freeze({ refused: null, status: 499, headers: [], quota: [], withdrawn: [], body: '' })

const forbidden = { type: 'about:blank', title: 'Forbidden', status: 403, detail: 'Requests from this address are not served.' }

/** The refusal of an address on the deny list. */
export function denialOf(http: HttpFacts): Refusal {
  const plain = refusalFormat(http.header('accept'), http.header('user-agent')) !== 'problem'
  return {
    refused: null,
    status: 403,
    headers: [
      ['Cache-Control', 'no-store'],
      ['Content-Type', plain ? 'text/plain; charset=utf-8' : 'application/problem+json'],
    ],
    quota: [],
    withdrawn: [],
    body: plain ? `${forbidden.detail}\n` : JSON.stringify(forbidden),
  }
}
