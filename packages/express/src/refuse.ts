/** Answering a refused request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fn, Refused } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import { type Guard, isFault, type Refusal, watchForAnswer } from '@sluice/http'
import type { Next } from './options.ts'

/** What an application answers in place of sluice. */
export type OnRefused<R, S> = Fn<[request: R, response: S, refused: Refused, next: Next], unknown>

/** A request on its way through a chain of middleware. */
export interface Visit<R, S> {
  readonly request: R
  readonly response: S
  readonly next: Next
}

/** Who answers a refused request. */
export interface Answering<R, S> {
  readonly guard: Guard<R>
  readonly onRefused: OnRefused<R, S> | undefined
  /** Told of a fault of sluice, such as that `onRefused` took too long. */
  fail(fault: unknown): void
}

/** Sends the refusal as a plain response, not as an error: error handlers and error logs are for what is broken. */
export function refuse<R extends IncomingMessage, S extends ServerResponse>(
  { request, response, next }: Visit<R, S>,
  refusal: Refusal,
  { guard, onRefused, fail: failInSluice }: Answering<R, S>,
): void {
  if (response.headersSent) return
  const own = refusal.refused === null ? undefined : onRefused
  response.statusCode = refusal.status
  for (const name of refusal.withdrawn) response.removeHeader(name)
  for (const [name, value] of refusal.headers) if (own === undefined || name !== 'Content-Type') response.setHeader(name, value)
  if (own === undefined) {
    response.end(request.method === 'HEAD' ? undefined : refusal.body)
    return
  }
  const ours = (): void => {
    if (response.headersSent) return
    for (const [name, value] of refusal.headers) response.setHeader(name, value)
    response.end(request.method === 'HEAD' ? undefined : refusal.body)
  }
  // With the status of the refusal it would pass for one.
  const fail = (error: unknown): void => {
    // The application has answered, and its promise has no end.
    if (isFault(error) && response.headersSent) return
    response.statusCode = 500
    if (isFault(error)) failInSluice(error)
    else next(error)
  }
  let handedOn = false
  const goOn: Next = (error) => {
    handedOn = true
    next(error)
  }
  const watch = (): void => watchForAnswer(() => handedOn || response.headersSent || response.destroyed)
  try {
    const answered = own(request, response, refusal.refused!, goOn)
    if (isPromise(answered)) guard.inTime(answered, ours).then(watch, fail)
    else watch()
  } catch (error) {
    fail(error)
  }
}
