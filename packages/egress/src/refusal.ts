/** The refusal of a call: one error, recognised wherever libraries have wrapped it. */
import type { Facts } from '@sluice/core'
import type { CodeText } from '@sluice/core/internal'
import { SluiceError } from './errors.ts'

/** Codes of refusals. */
export type EgressCode =
  | 'SLUICE_EGRESS_DEPTH'
  | 'SLUICE_EGRESS_WAIT'
  | 'SLUICE_EGRESS_LIMITED'
  | 'SLUICE_EGRESS_OVERLOADED'
  | 'SLUICE_EGRESS_COST'
  | 'SLUICE_EGRESS_BUDGET'
  | 'SLUICE_EGRESS_OUTAGE'
  | 'SLUICE_EGRESS_KEYS'
  | 'SLUICE_EGRESS_SHARE'

/** Status of the response that tells a caller of a refusal. */
export type RefusedStatus = 429 | 503

/** What a refusal says beside its code. */
export interface RefusalFacts {
  readonly provider: string
  /** Milliseconds until the same call would be sent, if no other call comes first; `null` if it never will be. */
  readonly retryAfterMs: number | null
  /** Whether this caller has used up what it may, or the provider is hot for all callers. */
  readonly scope: 'caller' | 'provider'
  /** @default 429 */
  readonly status?: RefusedStatus | undefined
  readonly facts?: Facts
  readonly cause?: unknown
}

/** The same in every copy of this package that a process has loaded. The adapters of `@sluice/http` look for it too. */
const mark: symbol = Symbol.for('sluice.egress.refusal')

/**
 * A call that was not sent. Branch on `code`; tell the caller `retryAfterMs`. The Fastify, Express and Hono adapters answer a request
 * whose handler throws it with `status` and `Retry-After`.
 */
export class EgressRefusal extends SluiceError {
  readonly provider: string
  readonly retryAfterMs: number | null
  readonly scope: 'caller' | 'provider'
  /** Status for the caller. Frameworks that read `status` of an error use it too. */
  readonly status: RefusedStatus

  constructor(text: CodeText, { provider, retryAfterMs, scope, status = 429, facts, cause }: RefusalFacts) {
    super(text, { provider, ...facts }, cause === undefined ? undefined : { cause })
    this.name = 'EgressRefusal'
    this.provider = provider
    this.retryAfterMs = retryAfterMs
    this.scope = scope
    this.status = status
    markAs(this, this)
  }
}

function markAs(target: object, refusal: EgressRefusal): void {
  Object.defineProperty(target, mark, { value: refusal })
}

/**
 * Marks the headers of a response: SDKs keep them in the errors that they make of it. The headers are pinned to the response, because the
 * `Response` of some servers makes new ones each time.
 */
export function markResponse(response: Response, refusal: EgressRefusal): Response {
  const { headers } = response
  markAs(headers, refusal)
  return Object.defineProperty(response, 'headers', { value: headers })
}

/** Causes are followed so far; a chain that goes round ends here too. */
const longestChain = 16

/**
 * The refusal in an error or in its causes; `undefined` if there is none. HTTP clients and SDKs wrap what `fetch` throws, and keep the
 * headers of what it answers.
 * @example
 * const refusal = egressRefusalOf(error)
 * if (refusal !== undefined) response.setHeader('Retry-After', Math.ceil((refusal.retryAfterMs ?? 0) / 1000))
 */
export function egressRefusalOf(error: unknown): EgressRefusal | undefined {
  let each: unknown = error
  for (let i = 0; i < longestChain && typeof each === 'object' && each !== null; i++) {
    const { headers, cause } = each as { readonly headers?: unknown; readonly cause?: unknown }
    const refusal = markOn(each) ?? markOn(headers)
    if (refusal !== undefined) return refusal
    each = cause
  }
  return undefined
}

function markOn(value: unknown): EgressRefusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Readonly<Record<symbol, EgressRefusal | undefined>>)[mark]
}
