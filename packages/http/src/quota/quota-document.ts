/** The caller's quota as data: what `quota.schema.json` describes. */
import type { Decision, LimitStatus } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits, paceOf } from '../headers/disclosed-limits.ts'
import { ruleInWords } from './rule-in-words.ts'

/** `near` from the `nearAt` of a limit on; `limited` while a call of one unit would be refused; `unknown` while the store cannot say. */
export type QuotaState = 'ok' | 'near' | 'limited' | 'unknown'

/** What a caller may know of its quota. All times are milliseconds from the answer on. */
export interface QuotaDocument {
  readonly version: 1
  /** The worst state of the limits. */
  readonly state: QuotaState
  /** Until a call of one unit passes all of the limits; 0 if it would now, `null` if no wait helps or it is unknown. */
  readonly retryAfterMs: number | null
  /** Outermost first, and none while the state is unknown. */
  readonly limits: readonly QuotaOfLimit[]
}

/** Where one limit stands. */
export interface QuotaOfLimit {
  readonly name: string
  /** The limit that it is a share of, if callers may see that one. */
  readonly parent: string | null
  readonly state: Exclude<QuotaState, 'unknown'>
  /** What it admits, in words: `100 a minute, at most 20 at once`. */
  readonly rule: string
  readonly unit: 'requests' | 'concurrent-requests'
  readonly capacity: number
  readonly used: number
  readonly remaining: number
  /** Until a call of one unit passes this limit; 0 if it would now, `null` if no wait helps. */
  readonly retryAfterMs: number | null
  /** Until more units are there; 0 if it is full. */
  readonly replenishAfterMs: number
  /** Until it is full. */
  readonly resetAfterMs: number
  /** Whether the key is blocked, by a ban or an operator. */
  readonly blocked: boolean
  /** Whether the waits are guesses. */
  readonly estimated: boolean
}

const unknown: QuotaDocument = { version: 1, state: 'unknown', retryAfterMs: null, limits: [] }

/**
 * What a caller may know of a decision that charged nothing. Undisclosed limits are left out, and what they refuse is not told. What was not
 * decided by the store is unknown: a process that is cut off from it counts for itself alone. Limits that let everything through meanwhile are
 * left out.
 */
export function quotaDocument(decision: Decision): QuotaDocument {
  if (decision.outcome === 'unavailable' || decision.decidedBy === 'local') return unknown
  const disclosed = disclosedLimits(decision)
  const limits = disclosed.map((status) => quotaOf(status, disclosed))
  const states = limits.map(({ state }) => state)
  const state = states.includes('limited') ? 'limited' : states.includes('near') ? 'near' : 'ok'
  const waits = limits.map(({ retryAfterMs }) => retryAfterMs ?? Number.POSITIVE_INFINITY)
  const longest = Math.max(0, ...waits)
  return { version: 1, state, retryAfterMs: longest === Number.POSITIVE_INFINITY ? null : longest, limits }
}

function quotaOf(status: LimitStatus, disclosed: DisclosedLimits): QuotaOfLimit {
  const { name, parent, allowed, near, capacity, remaining, retryAfterMs, replenishAfterMs, resetAfterMs } = status
  return {
    name,
    parent: disclosed.some((one) => one.name === parent) ? parent : null,
    state: allowed ? (near ? 'near' : 'ok') : 'limited',
    rule: ruleInWords(status),
    unit: paceOf(status).unit,
    capacity,
    used: Math.max(0, capacity - remaining),
    remaining,
    retryAfterMs,
    replenishAfterMs,
    resetAfterMs,
    blocked: status.blockedForMs !== undefined,
    estimated: status.estimated === true,
  }
}
