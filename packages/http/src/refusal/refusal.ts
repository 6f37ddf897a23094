/** The response to a refused request, ready to be written by any framework. */
import { type Refused, SluiceError } from '@sluice/core'
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
export function refusalWriter<R>(settings: Settings, { message: say, body: write }: Texts<R>): (facts: RefusalFacts<R>) => Refusal {
  const bodies = rememberBodies()

  function bodyOf(facts: RefusalFacts<R>, status: RefusalStatus): RefusalBody {
    const { refused, limits, request, http, survives } = facts
    const written = write === undefined ? undefined : own('body', () => customBody(write(refused, request, http)), survives)
    if (written !== undefined) return written
    const message = typeof say === 'function' ? own('message', () => checkedText(say(refused, request, http)), survives) : say
    // Asked for once: it is a function of its own each time.
    const { header } = http
    const format = refusalFormat(header('accept'), header('user-agent'))
    return message === undefined ? bodies({ refused, limits, status }, format) : refusalBody({ refused, limits, status, message }, format)
  }

  return (facts) => {
    const { refused, quota, withdrawn } = facts
    const status = refusalStatus(refused, facts.statusOf)
    const { contentType, body } = bodyOf(facts, status)
    const headers: HeaderLine[] = [...quota, ...settings.headers.refusal(refused), ['Content-Type', contentType]]
    return { refused, status, headers, withdrawn, body }
  }
}

/** What a text function says, or nothing where it failed. */
function own<T>(name: 'message' | 'body', words: () => T, survives: (error: SluiceError) => boolean): T | undefined {
  try {
    return words()
  } catch (cause) {
    survives(new SluiceError('SLUICE_ROUTE_FUNCTION', { function: name }, { cause }))
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
