/** The answer to a request whose handler was refused a call to a provider by `@sluice/egress`. */
import { type HeaderLine, retryAfterSeconds } from '../headers/header-line.ts'
import { quotaExceeded, temporaryReducedCapacity } from './refusal-body.ts'
import { inWords } from './refusal-sentence.ts'

/** Marks a refusal of egress. It is the same symbol in every copy of that package, which this one does not import. */
const mark: symbol = Symbol.for('sluice.egress.refusal')

/** Causes are followed so far; a chain of causes that is a circle ends here too. */
const longestChain = 16

/** The part of a refusal of egress that an answer needs. */
interface ProviderRefusal {
  readonly status: 429 | 503
  readonly code: string
  /** `null` if the call can never be sent. */
  readonly retryAfterMs: number | null
}

/** The answer to a refused call: a problem document (RFC 9457) with the wait. */
export interface ProviderRefusalAnswer {
  readonly status: 429 | 503
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

/**
 * The answer to an error that is a refusal of egress, or has one among its causes; `undefined` for every other error. SDKs keep the
 * headers of the response in their errors, and egress marks the headers of the responses that it makes.
 *
 * A provider that is full for 2,500 ms answers 429 with `Retry-After: 3`.
 * @example
 * const answer = providerRefusalAnswer(error)
 * if (answer !== undefined) response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answer.body)
 */
export function providerRefusalAnswer(error: unknown): ProviderRefusalAnswer | undefined {
  const refusal = refusalIn(error)
  if (refusal === undefined) return undefined
  const { status, code } = refusal
  const retryAfter = retryAfterSeconds(refusal)
  const headers: HeaderLine[] = [
    ['Cache-Control', 'no-store'],
    ['Content-Type', 'application/problem+json'],
  ]
  if (retryAfter !== null) headers.push(['Retry-After', String(retryAfter)])
  const { type, title } = status === 429 ? quotaExceeded : temporaryReducedCapacity
  const outcome = retryAfter === null ? 'impossible' : 'limited'
  const problem = { type, title, status, detail: detailOf(refusal), outcome, retry_after: retryAfter ?? undefined, code }
  return { status, headers, body: JSON.stringify(problem) }
}

function refusalIn(error: unknown): ProviderRefusal | undefined {
  let each: unknown = error
  for (let i = 0; i < longestChain && typeof each === 'object' && each !== null; i++) {
    const { headers, cause } = each as { readonly headers?: unknown; readonly cause?: unknown }
    const marked = markOn(each) ?? markOn(headers)
    if (marked !== undefined) return marked
    each = cause
  }
  return undefined
}

function markOn(value: unknown): ProviderRefusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Readonly<Record<symbol, ProviderRefusal | undefined>>)[mark]
}

function detailOf({ status, retryAfterMs }: ProviderRefusal): string {
  if (retryAfterMs === null) return 'This request asks for more than is ever admitted at once. Trying again will not help; ask for less.'
  return `${status === 503 ? 'Too busy right now' : 'Slow down'} - try again in ${inWords(retryAfterMs)}.`
}
