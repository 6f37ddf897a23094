/** The caller's quota as data: what `quota.schema.json` describes. */
import type { Decision, LimitStatus } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits, paceOf } from '../headers/disclosed-limits.ts'
import { ruleInWords } from '../refusal/rule-in-words.ts'

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
  /** Names of limits that admit everything for this caller, such as those of a plan without an end. Absent if there is none. */
  readonly unlimited?: readonly string[]
  /** The calls of this caller that wait for a provider. Absent if none waits, no queue is configured, or the queue cannot be read. */
  readonly queue?: QuotaQueue
}

/** Where a caller stands in the queue of a provider. Third in line with two calls: `{ position: 3, waiting: 2, waitMs: 2000 }`. */
export interface QuotaQueue {
  /** Place of the caller's first call in the queue; 1 is sent next. An estimate while other processes send calls too. */
  readonly position: number
  /** Calls of this caller that wait, at least 1. */
  readonly waiting: number
  /** Predicted milliseconds until the caller's first call is sent. */
  readonly waitMs: number
}

/** What one limit did for the caller in one minute. */
export interface QuotaMinute {
  /** Units charged. */
  readonly used: number
  /** Calls that this limit refused. */
  readonly refused: number
  /** Whether the limit was near its end at any time in this minute. */
  readonly near: boolean
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
  /**
   * One entry per minute, oldest first, at most 60; the last entry is the current minute. Absent if no history is kept or it cannot be read.
   * A history that began three minutes ago has four entries.
   */
  readonly history?: readonly QuotaMinute[]
}

/** What is known of a caller beside the decision about it. */
export interface QuotaExtras {
  /** `null`: no call of the caller waits. @default none */
  readonly queue?: QuotaQueue | null | undefined
  /** The minutes of each limit, by its name. A limit that is missing has no history. @default none */
  readonly history?: ReadonlyMap<string, readonly QuotaMinute[]> | undefined
  /** Names of limits that admit everything. @default none */
  readonly unlimited?: readonly string[] | undefined
}

const unknown: QuotaDocument = { version: 1, state: 'unknown', retryAfterMs: null, limits: [] }

/**
 * What a caller may know of a decision that charged nothing. Undisclosed limits are left out, and what they refuse is not told. What was not
 * decided by the store is unknown: a process that is cut off from it counts for itself alone. Limits that let everything through meanwhile are
 * left out.
 */
export function quotaDocument(decision: Decision, { queue, history, unlimited = [] }: QuotaExtras = {}): QuotaDocument {
  const others = { ...(unlimited.length > 0 && { unlimited }), ...(queue && { queue }) }
  if (isUnknown(decision)) return { ...unknown, ...others }
  const disclosed = disclosedLimits(decision)
  const limits = disclosed.map((status) => ({ ...quotaOf(status, disclosed), ...minutesOf(status.name, history) }))
  const states = limits.map(({ state }) => state)
  const state = states.includes('limited') ? 'limited' : states.includes('near') ? 'near' : 'ok'
  const waits = limits.map(({ retryAfterMs }) => retryAfterMs ?? Number.POSITIVE_INFINITY)
  const longest = Math.max(0, ...waits)
  return { version: 1, state, retryAfterMs: longest === Number.POSITIVE_INFINITY ? null : longest, limits, ...others }
}

function minutesOf(name: string, history: QuotaExtras['history']): Pick<QuotaOfLimit, 'history'> {
  const minutes = history?.get(name)
  return minutes === undefined ? {} : { history: minutes }
}

/** Whether a decision says nothing of the quota: the store did not make it, and a process that is cut off counts for itself alone. */
export function isUnknown({ outcome, decidedBy }: Decision): boolean {
  return outcome === 'unavailable' || decidedBy === 'local'
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
