/** The response to a refused request, ready to be written by any framework. */
import { type MaybePromise, type Refused, SluiceError } from '@sluice/core'
import { andThen, isPromise } from '@sluice/core/internal'
import { attempt, functionFault } from '../guard/attempt.ts'
import type { Settings } from '../guard/settings.ts'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import type { HttpFacts } from '../http-facts.ts'
import type { HttpOptions } from '../http-limit.ts'
import { refusalFormat } from './accept.ts'
import { customBody, type RefusalBody, refusalBody } from './refusal-body.ts'
import { type RefusalStatus, refusalStatus } from './refusal-status.ts'
import { rememberBodies } from './remember-bodies.ts'

/** A refusal. */
export interface Refusal {
  /** Why; `null` for an address on the deny list, which no limit decided. */
  readonly refused: Refused | null
  readonly status: 403 | RefusalStatus
  /** `Content-Type` included, quota headers too. */
  readonly headers: readonly HeaderLine[]
  /** Headers that an earlier stage may have written, and that no longer hold. */
  readonly withdrawn: readonly string[]
  readonly body: string
}

/** What a refusal is made of, beside the options of the guard. */
export interface RefusalFacts<R> {
  readonly refused: Refused
  readonly limits: DisclosedLimits
  /** The headers that say how they stand. */
  readonly quota: readonly HeaderLine[]
  readonly withdrawn: readonly string[]
  readonly request: R
  readonly http: HttpFacts
  statusOf(limit: string): RefusalStatus | undefined
  /** Told of a text function that failed. A refusal stays one, in our words, unless this throws. */
  survives(error: SluiceError): boolean
}

/** Writes the refusals of a guard in the form that each client reads. */
export function refusalWriter<R>(
  settings: Settings,
  { message: say, body: write }: Texts<R>,
): (facts: RefusalFacts<R>) => MaybePromise<Refusal> {
  const bodies = rememberBodies()

  function bodyOf(facts: RefusalFacts<R>, status: RefusalStatus): MaybePromise<RefusalBody> {
    if (write === undefined) return worded(facts, status)
    const { refused, request, http } = facts
    const written = own('body', () => andThen(write(refused, request, http), customBody), facts)
    return andThen(written, (body) => body ?? worded(facts, status))
  }

  function worded(facts: RefusalFacts<R>, status: RefusalStatus): MaybePromise<RefusalBody> {
    if (typeof say !== 'function') return formatted(facts, status, say)
    const { refused, request, http } = facts
    const message = own('message', () => andThen(say(refused, request, http), checkedText), facts)
    return andThen(message, (sentence) => formatted(facts, status, sentence))
  }

  function formatted({ refused, limits, http }: RefusalFacts<R>, status: RefusalStatus, message: string | undefined): RefusalBody {
    // Asked for once: it is a function of its own each time.
    const { header } = http
    const format = refusalFormat(header('accept'), header('user-agent'))
    return message === undefined ? bodies({ refused, limits, status }, format) : refusalBody({ refused, limits, status, message }, format)
  }

  /** What a text function says, or nothing where it failed. */
  function own<T>(name: 'message' | 'body', words: () => MaybePromise<T>, { survives }: RefusalFacts<R>): MaybePromise<T | undefined> {
    return attempt(words, (cause) => void survives(functionFault(name, cause)), { time: settings.time, name })
  }

  return (facts) => {
    const status = refusalStatus(facts.refused, facts.statusOf)
    const written = bodyOf(facts, status)
    // A closure beside the usual path would make every refusal allocate.
    return isPromise(written) ? refusalLater(written, facts, status) : refusalWith(written, facts, status)
  }

  function refusalLater(written: Promise<RefusalBody>, facts: RefusalFacts<R>, status: RefusalStatus): Promise<Refusal> {
    return written.then((late) => refusalWith(late, facts, status))
  }

  function refusalWith({ contentType, body }: RefusalBody, { refused, quota, withdrawn }: RefusalFacts<R>, status: RefusalStatus): Refusal {
    const headers: HeaderLine[] = [...quota, ...settings.headers.refusal(refused), ['Content-Type', contentType]]
    return { refused, status, headers, withdrawn, body }
  }
}

function checkedText(words: string): string {
  if (typeof words === 'string') return words
  throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'message(…)', wanted: 'text', value: words })
}

type Texts<R> = Pick<HttpOptions<R, never>, 'message' | 'body'>

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
    withdrawn: [],
    body: plain ? `${forbidden.detail}\n` : JSON.stringify(forbidden),
  }
}
