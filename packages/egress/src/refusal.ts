/** The refusal of a call: one error, recognised wherever libraries have wrapped it. */
import { type Facts, SluiceError } from '@sluice/core'

/** Codes of refusals. */
export type EgressCode =
  | 'SLUICE_EGRESS_DEPTH'
  | 'SLUICE_EGRESS_WAIT'
  | 'SLUICE_EGRESS_LIMITED'
  | 'SLUICE_EGRESS_OVERLOADED'
  | 'SLUICE_EGRESS_COST'
  | 'SLUICE_EGRESS_BUDGET'

/** What a refusal says beside its code. */
export interface RefusalFacts {
  readonly provider: string
  /** Milliseconds until the same call would be sent, if nobody else comes first; `null` if it never will be. */
  readonly retryAfterMs: number | null
  /** Whether this caller has used up what it may, or the provider is hot for everybody. */
  readonly scope: 'caller' | 'provider'
  readonly facts?: Facts
  readonly cause?: unknown
}

/** The same in every copy of this package that a process has loaded. */
const mark: symbol = Symbol.for('sluice.egress.refusal')

/** A call that was not sent. Branch on `code`; tell the caller `retryAfterMs`. */
export class EgressRefusal extends SluiceError {
  readonly provider: string
  readonly retryAfterMs: number | null
  readonly scope: 'caller' | 'provider'

  constructor(code: EgressCode, { provider, retryAfterMs, scope, facts, cause }: RefusalFacts) {
    super(code, { provider, ...facts }, cause === undefined ? undefined : { cause })
    this.name = 'EgressRefusal'
    this.provider = provider
    this.retryAfterMs = retryAfterMs
    this.scope = scope
    Object.defineProperty(this, mark, { value: true })
  }
}

/** Causes are followed so far; a chain that goes round ends here too. */
const longestChain = 16

/**
 * The refusal in an error or in its causes; `undefined` if there is none. HTTP clients and SDKs wrap what `fetch` throws.
 * @example
 * const refusal = egressRefusalOf(error)
 * if (refusal !== undefined) response.setHeader('Retry-After', Math.ceil((refusal.retryAfterMs ?? 0) / 1000))
 */
export function egressRefusalOf(error: unknown): EgressRefusal | undefined {
  let each: unknown = error
  for (let i = 0; i < longestChain && typeof each === 'object' && each !== null; i++) {
    if (mark in each) return each as EgressRefusal
    each = (each as { cause?: unknown }).cause
  }
  return undefined
}
