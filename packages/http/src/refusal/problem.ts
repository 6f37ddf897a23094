/** A refusal as problem details (RFC 9457), with the types that draft-ietf-httpapi-ratelimit-headers asks IANA to register. */
import type { Refused } from '@sluice/core'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import { retryAfterSeconds } from '../headers/retry-after.ts'
import type { RefusalStatus } from './refusal-status.ts'

/** The body of a refusal, as data. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: RefusalStatus
  /** For people. */
  readonly detail: string
  /** For programs: `impossible` means that no retry will ever succeed. */
  readonly outcome: Refused['outcome']
  /** The seconds of `Retry-After`, which scripts of another origin may not be allowed to read. Absent where no wait helps. */
  readonly retry_after?: number
  /** The disclosed limits that refused. Absent where all of them are undisclosed, and where none was asked. */
  readonly 'violated-policies'?: readonly string[]
}

/** @param detail - What the person reads: the sentence of sluice or the application's own. */
export function problemOf(refused: Refused, limits: DisclosedLimits, status: RefusalStatus, detail: string): Problem {
  const retryAfter = retryAfterSeconds(refused)
  const violated = limits.map((limit) => limit.name).filter((name) => refused.refusedBy.includes(name))
  const { type, title } = status === 429 ? quotaExceeded : temporaryReducedCapacity
  // Put together in steps: spreading what may be absent takes six microseconds, and refusals come in floods.
  const problem: Writable<Problem> = { type, title, status, detail, outcome: refused.outcome }
  if (retryAfter !== null) problem.retry_after = retryAfter
  if (violated.length > 0) problem['violated-policies'] = violated
  return problem
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const registry = 'https://iana.org/assignments/http-problem-types'
export const quotaExceeded = { type: `${registry}#quota-exceeded`, title: 'Quota Exceeded' }
export const temporaryReducedCapacity = { type: `${registry}#temporary-reduced-capacity`, title: 'Temporary Reduced Capacity' }
