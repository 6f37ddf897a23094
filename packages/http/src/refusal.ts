/** The response to a refused request, ready to be written by any framework. */
import type { Refused } from '@sluice/core'
import { refusalFormat } from './accept.ts'
import type { DisclosedLimits } from './disclosed-limits.ts'
import type { HeaderLine } from './header-line.ts'
import type { HttpFacts } from './http-facts.ts'
import type { HttpOptions } from './http-limit.ts'
import { customBody, refusalBody } from './refusal-body.ts'
import { type RefusalStatus, refusalStatus } from './refusal-status.ts'
import type { Settings } from './settings.ts'

/** A refusal. */
export interface Refusal {
  /** Why; `null` for an address on the deny list, which no limit decided. */
  readonly refused: Refused | null
  readonly status: 403 | RefusalStatus
  /** `Content-Type` included, quota headers too. */
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

/** What a refusal is made of, beside the options of the guard. */
export interface RefusalFacts<R> {
  readonly refused: Refused
  readonly limits: DisclosedLimits
  readonly request: R
  readonly http: HttpFacts
  statusOf(limit: string): RefusalStatus | undefined
}

/** Writes the refusal of a request in the form its client reads. */
export function refusalOf<R>(
  { refused, limits, request, http, statusOf }: RefusalFacts<R>,
  settings: Settings,
  options: Texts<R>,
): Refusal {
  const status = refusalStatus(refused, statusOf)
  const message = typeof options.message === 'function' ? options.message(refused, request, http) : options.message
  const format = refusalFormat(http.header('accept'), http.header('user-agent'))
  const { contentType, body } =
    options.body === undefined
      ? refusalBody({ refused, limits, status, message }, format)
      : customBody(options.body(refused, request, http))
  return {
    refused,
    status,
    headers: [...settings.headers.quota(limits), ...settings.headers.refusal(refused), ['Content-Type', contentType]],
    body,
  }
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
    body: plain ? `${forbidden.detail}\n` : JSON.stringify(forbidden),
  }
}
