/** Answers of the application to refused requests, by `onRefused`: each request gets one, ours where the application gives none. */
import type { Duration } from '@sluice/core'
import { functionTimeoutMs, isPromise, warnOnce } from '@sluice/core/internal'
import { SLUICE_UNANSWERED } from '../errors.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import type { Refusal } from './refusal.ts'

/** How a framework is answered. */
export interface OwnAnswer {
  /** Whether the request has an answer, was handed on, or lost its client. */
  isAnswered(): boolean
  /** Whether an answer may still come, though `onRefused` has returned nothing: it used the response, or takes `next`. @default yes */
  mayComeLater?(): boolean
  /** Uses what `onRefused` returned or fulfilled with, where the framework gives that a meaning. */
  take?(answer: unknown): void
  /** Sends the standard answer. */
  ours(): void
  /** Hands on what `onRefused` threw, and its fault of taking too long. It may have answered before. */
  fail(error: unknown): void
}

/** Calls `onRefused`, and sends the standard answer where it gives none. */
export type AnswerRefused = (onRefused: () => unknown, answer: OwnAnswer) => void

/** Time for an answer after the promise of `onRefused` was fulfilled, such as that of a file that is sent and not awaited. */
const graceMs = 1000

/**
 * @param inTime - bounds a late answer by the `functionTimeout`
 * @param functionTimeout - also the time for an answer by a callback, of a function that returns no promise
 */
export function answersRefused(
  inTime: <T>(answer: PromiseLike<T>, ours: () => T) => Promise<T>,
  functionTimeout: Duration | undefined,
): AnswerRefused {
  const timeoutMs = functionTimeoutMs(functionTimeout)

  return (onRefused, answer) => {
    const isOpen = (): boolean => !answer.isAnswered()
    const wait = (ms: number): void => {
      if (!isOpen()) return
      const timer = setTimeout(() => {
        if (!isOpen()) return
        warnOnce(SLUICE_UNANSWERED, { seconds: ms / 1000 })
        answer.ours()
      }, ms)
      // Only frameworks of Node have answers that come by a callback.
      ;(timer as unknown as { unref(): void }).unref()
    }
    const ours = (): void => {
      if (isOpen()) answer.ours()
    }
    const take = (value: unknown, ms: number): void => {
      if (isOpen()) answer.take?.(value)
      // One that only logs answers nothing, and its client waits for nothing.
      if (isObject(value) || answer.mayComeLater?.() !== false) wait(ms)
      else ours()
    }
    const fail = (error: unknown): void => answer.fail(error)
    try {
      const value = onRefused()
      if (!isPromise(value)) take(value, timeoutMs)
      else
        inTime<unknown>(value, ours)
          .then((late) => take(late, Math.min(timeoutMs, graceMs)))
          .catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}

/** What a function returns that goes on, such as a timer. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** The head of a response, as `node:http` has it. */
export interface ResponseHead {
  statusCode: number
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: number | string | readonly string[]): unknown
  removeHeader(name: string): unknown
}

/**
 * The headers of a refusal whose body the application sends: without those that belong to our body, such as `Content-Type`.
 * @example
 * ```ts
 * for (const [name, value] of withoutBody(refusal)) response.headers.set(name, value)
 * ```
 */
export function withoutBody({ headers }: Refusal): readonly HeaderLine[] {
  return headers.filter(([name]) => name !== 'Content-Type' && name !== 'Refresh')
}

/**
 * Writes the head of a refusal whose body the application sends. `Content-Type` is left to it.
 * @returns a function that takes the head back, for a request that is handed on to its handler. The quota fields stay: they are true.
 * @example
 * ```ts
 * const takeHeadBack = writeOwnHead(response, refusal)
 * onRefused(request, response, refusal.refused, () => {
 *   takeHeadBack()
 *   next()
 * })
 * ```
 */
export function writeOwnHead(head: ResponseHead, refusal: Refusal): () => void {
  const { statusCode } = head
  const before = new Map(refusal.headers.map(([name]) => [name, head.getHeader(name)]))
  head.statusCode = refusal.status
  for (const name of refusal.withdrawn) head.removeHeader(name)
  for (const [name, value] of withoutBody(refusal)) head.setHeader(name, value)
  return () => {
    if (head.statusCode === refusal.status) head.statusCode = statusCode
    for (const line of refusal.headers) {
      const [name, value] = line
      if (refusal.quota.includes(line) || head.getHeader(name) !== value) continue
      const old = before.get(name)
      if (old === undefined) head.removeHeader(name)
      else head.setHeader(name, old)
    }
  }
}
