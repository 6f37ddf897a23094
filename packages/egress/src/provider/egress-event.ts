/** The events of a provider, for `observe` and for the diagnostics channel `sluice:egress`. No event carries a header, a body or a credential. */
import type { SluiceError } from '@sluice/core'
import type { EgressRefusal } from '../refusal.ts'

/** What every event has. */
interface OfProvider {
  /** The name of the provider, or of the key pool. */
  readonly provider: string
}

/** A call got its permit. */
export interface SentEvent extends OfProvider {
  readonly type: 'sent'
  /** Milliseconds from the arrival of the call to its permit: its time in the queue. */
  readonly waitedMs: number
  /** Milliseconds since the mirror was asked for this call. `transit` must cover it and the way to the provider. */
  readonly lagMs: number
  readonly lane: string
  /** The caller that the call named; `null` for a call without one. */
  readonly caller: string | null
}

/** A call was refused before it was sent. */
export interface RefusedEvent extends OfProvider {
  readonly type: 'refused'
  readonly refusal: EgressRefusal
  /** Milliseconds that the call had waited by then; 0 for a call that was refused when it arrived. */
  readonly waitedMs: number
  /** `null` where the call was refused before its lane was known. */
  readonly lane: string | null
  readonly caller: string | null
}

/** `fetchThrough` or `providerInterceptor` sends a call again. */
export interface RetryEvent extends OfProvider {
  readonly type: 'retry'
  /** 1 for the first repetition of a call. */
  readonly attempt: number
  /** `limited` by the provider, `failed` at the provider, or `key`: the provider refused the key, and another one may send the call. */
  readonly reason: 'limited' | 'failed' | 'key'
  /** The status of the response that is not passed on. */
  readonly status: number
  /** Milliseconds until the call asks for a permit again. */
  readonly delayMs: number
}

/** The provider refused a call for a limit: it answered 429, or what its dialect knows as the same. */
export interface LimitedEvent extends OfProvider {
  readonly type: 'limited'
  readonly status: number
  /** The wait that the provider named. */
  readonly retryAfterMs: number | undefined
}

/**
 * The headers of the provider name another limit than before: your account allows 500 a minute, and you configured 600. The lower of the two
 * holds.
 */
export interface AllowanceEvent extends OfProvider {
  readonly type: 'allowance'
  readonly limit: string
  readonly allowed: number
  readonly configured: number
}

/** Calls keep a distance from now on: the provider counts by the second. */
export interface PacedEvent extends OfProvider {
  readonly type: 'paced'
}

/** The store of the mirror does not answer any more, or answers again; `onOutage` says what happens to calls meanwhile. */
export interface EgressOutageEvent extends OfProvider {
  readonly type: 'outage'
  readonly state: 'began' | 'ended'
  /** What the store failed with, such as `ECONNREFUSED`. */
  readonly code: string
  /** The reason as one text, without secrets and hosts. */
  readonly reason: string
  /** For logs. Its `cause` is the error of the store. */
  readonly error: SluiceError
}

/** A key of a pool came, went, was refused by the provider with `status`, or is used again. */
export interface KeyEvent extends OfProvider {
  readonly type: 'key'
  readonly key: string
  readonly state: KeyChange
  readonly status: number | undefined
}

/** The measured use of a caller of a key pool moved it to another tier. */
export interface TierEvent extends OfProvider {
  readonly type: 'tier'
  readonly caller: string
  readonly tier: 'dedicated' | 'shared'
}

/** A permit was not settled in time, or another fault that no caller sees. */
export interface EgressFaultEvent extends OfProvider {
  readonly type: 'fault'
  readonly error: SluiceError
}

/** What happened to a key of a pool. */
export type KeyChange = 'added' | 'draining' | 'removed' | 'evicted' | 'restored'

/** What `observe` of a provider gets. */
export type EgressEvent =
  | SentEvent
  | RefusedEvent
  | RetryEvent
  | LimitedEvent
  | AllowanceEvent
  | PacedEvent
  | EgressOutageEvent
  | KeyEvent
  | TierEvent
  | EgressFaultEvent
