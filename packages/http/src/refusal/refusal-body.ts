/** Writes the body of a refusal in the form that the client reads. */
import { type Refused, SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import { retryAfterSeconds } from '../headers/header-line.ts'
import type { RefusalStatus } from '../http-limit.ts'
import type { RefusalFormat } from './accept.ts'
import { type RefusalPage, refusalPage } from './refusal-page.ts'
import { isBlockedForever, isUsedUp, refusalSentence } from './refusal-sentence.ts'
import { ruleInWords } from './rule-in-words.ts'

/** Text, or bytes as they are sent. */
export type BodyContent = string | Uint8Array

/** A body with the type that describes it. */
export interface RefusalBody<B extends BodyContent = string> {
  readonly contentType: string
  readonly body: B
  /** Seconds after which the browser asks again by itself, as `Refresh` says. @default never */
  readonly refreshSeconds?: number | undefined
}

/** What a body is made of. */
export interface RefusalFacts {
  readonly refused: Refused
  /** What callers may know of the limits: see `disclosedLimits`. */
  readonly limits: DisclosedLimits
  readonly status: RefusalStatus
  /** The application's own sentence for people, in place of ours in every format. */
  readonly message?: string | undefined
  /** Whether a page may offer to ask again: for GET and HEAD alone, since a link sends GET. @default false */
  readonly isSafe?: boolean | undefined
}

export function refusalBody(facts: RefusalFacts, format: RefusalFormat): RefusalBody {
  const { refused, limits, status, message } = facts
  const sentence = message ?? refusalSentence(refused, limits, status)
  switch (format) {
    case 'problem':
      return { contentType: 'application/problem+json', body: JSON.stringify(problemOf(refused, limits, status, sentence)) }
    case 'page':
      return {
        contentType: 'text/html; charset=utf-8',
        body: refusalPage({ ...headingOf(facts), sentence, limits: wordsOf(facts) }),
        refreshSeconds: refreshOf(facts),
      }
    case 'line':
      return { contentType: 'text/plain; charset=utf-8', body: `${sentence}\n` }
  }
}

/**
 * What the application's `body` function returned: text and bytes as they are, data as JSON.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for what is none of these, such as a stream
 */
export function customBody(value: string | object): RefusalBody<BodyContent> {
  if (typeof value === 'string') return { contentType: 'text/plain; charset=utf-8', body: value }
  const bytes = bytesOf(value)
  // As frameworks send a buffer whose type the application does not name.
  if (bytes !== undefined) return { contentType: 'application/octet-stream', body: bytes }
  const body = typeof value === 'object' && value !== null && !isOpaque(value) ? JSON.stringify(value) : undefined
  if (body === undefined) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'body(…)', wanted: 'text, bytes or data', value })
  return { contentType: 'application/json; charset=utf-8', body }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

/** Methods of promises, streams, responses and blobs, which JSON would make `{}` of. */
const opaqueBy = ['then', 'pipe', 'getReader', 'arrayBuffer'] as const

function isOpaque(value: object): boolean {
  return opaqueBy.some((method) => typeof (value as Readonly<Record<string, unknown>>)[method] === 'function')
}

/** No reader stays for longer, and a page that is left open must not ask forever. */
const longestRefreshSeconds = 600

/**
 * When the page asks again by itself. It does so only if the reader asked by GET, which is safe to repeat, and the caller alone is limited.
 * From 500 on the server has too much to do, and all of the readers would ask at the same moment.
 */
function refreshOf({ refused, status, isSafe = false }: RefusalFacts): number | undefined {
  if (!isSafe || status >= 500 || refused.outcome !== 'limited') return undefined
  const seconds = retryAfterSeconds(refused)
  return seconds !== null && seconds <= longestRefreshSeconds ? seconds : undefined
}

/** The limits that refused, as far as callers may know: `user: 100 a minute`. */
function wordsOf({ refused, limits }: RefusalFacts): readonly string[] {
  if (refused.outcome !== 'limited') return []
  return limits.filter(({ name }) => refused.refusedBy.includes(name)).map((status) => `${status.name}: ${ruleInWords(status)}`)
}

/** Why a request was refused, as a heading. */
function refusedFor(refused: Refused, status: number): string {
  if (refused.outcome !== 'impossible') return status === 429 ? 'Too many requests' : 'Limit reached'
  if (isBlockedForever(refused)) return 'Blocked'
  return isUsedUp(refused) ? 'Used up' : 'Too much at once'
}

function headingOf({
  refused,
  status,
  message,
  isSafe = false,
}: RefusalFacts): Pick<RefusalPage, 'heading' | 'retryAfterSeconds' | 'isSafe'> {
  const heading = status >= 500 ? 'Temporarily unavailable' : refusedFor(refused, status)
  // The wait of an outage is an estimate: a bar that runs out would promise what is not known.
  const wait = refused.outcome === 'unavailable' ? null : retryAfterSeconds(refused)
  return { heading: message === undefined ? heading : null, retryAfterSeconds: wait, isSafe }
}

/**
 * A refusal as problem details (RFC 9457), with the types that draft-ietf-httpapi-ratelimit-headers asks IANA to register: the body as
 * data.
 */
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
  const { type, title } = status < 500 ? quotaExceeded : temporaryReducedCapacity
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
