/** The answer to a call: plain data, a snapshot that nothing changes afterwards. */
import type { Rule } from './kind.ts'

/** Where one limit stands after the decision. */
export interface LimitStatus {
  readonly name: string
  /** Whether this limit alone would have admitted the cost. */
  readonly allowed: boolean
  /** Measured and reported, but never a reason to refuse. */
  readonly shadow: boolean
  /** Whether the used share of the capacity has reached `nearAt`. */
  readonly near: boolean
  /** The most a full bucket admits at once, in units. */
  readonly capacity: number
  /** Units this call asked of the limit. */
  readonly cost: number
  /** Units admissible right now, after this decision. */
  readonly remaining: number
  /** Milliseconds until this same cost would be admitted, alone; 0 when it was, `null` when no wait helps. */
  readonly retryAfterMs: number | null
  /** Milliseconds until any more quota appears; 0 when none will, because the bucket is full or the key is blocked for ever. */
  readonly replenishAfterMs: number
  /** Milliseconds until the bucket is full again; 0 when it is full, or the key is blocked for ever. */
  readonly resetAfterMs: number
  /**
   * Milliseconds for which the key is blocked, by a ban or an operator; absent where it is not. The waits are no shorter. `null` for a
   * block that lasts for ever: then `retryAfterMs` is `null`, too.
   */
  readonly blockedForMs?: number | null
  /** True where it cannot be known when more is admitted, so that the waits are guesses: slots are given back when their holders are done. */
  readonly estimated?: boolean
  /** The rule it was decided under: capacity, refill and period at the time of the decision. */
  readonly rule: Rule
  /** Whether callers may see this limit; undisclosed ones appear in no header and no body. */
  readonly disclose: boolean
  /** The limit that this one is a share of. */
  readonly parent: string | null
}

/** What every decision carries, whatever its outcome. */
export interface DecisionBase {
  /** One status per limit that applied, outermost first. */
  readonly limits: readonly LimitStatus[]
  /** Names of the enforcing limits that refused. */
  readonly refusedBy: readonly string[]
  /** Who answered: the store, a cached refusal, a local share during an outage, or none of them. */
  readonly decidedBy: 'store' | 'cache' | 'local' | 'none'
  /** The version of the policy that this process decided with. */
  readonly policyVersion: string
}

/** Every enforcing limit admitted, and all were charged. */
export interface Allowed extends DecisionBase {
  readonly allowed: true
  readonly outcome: 'allowed'
  readonly retryAfterMs: 0
}

/** At least one limit is exhausted; nothing was charged. */
export interface Limited extends DecisionBase {
  readonly allowed: false
  readonly outcome: 'limited'
  /** Milliseconds until the same cost would be admitted, alone: the largest over the refusing limits. */
  readonly retryAfterMs: number
}

/** The cost is above a capacity, or the key is blocked for ever: no wait helps. */
export interface Impossible extends DecisionBase {
  readonly allowed: false
  readonly outcome: 'impossible'
  readonly retryAfterMs: null
}

/** The store or a function of the application failed, and the limits say to refuse then. */
export interface Unavailable extends DecisionBase {
  readonly allowed: false
  readonly outcome: 'unavailable'
  /** Milliseconds after which a retry is sensible: an estimate. */
  readonly retryAfterMs: number
}

/** A decision that did not let the call through. */
export type Refused = Limited | Impossible | Unavailable
/** The answer to `consume`, `peek` and `reserve`. */
export type Decision = Allowed | Refused
