/** Answering a refused request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Fn, isPromise, type Refused } from '@sluice/core'
import { type Refusal, watchForAnswer } from '@sluice/http'
import type { Next } from './options.ts'

/** What an application answers in place of sluice. */
export type OnRefused<R, S> = Fn<[request: R, response: S, refused: Refused, next: Next], unknown>

/** Sends the refusal as a plain response, not as an error: error handlers and error logs are for what is broken. */
export function refuse<R extends IncomingMessage, S extends ServerResponse>(
  request: R,
  response: S,
  refusal: Refusal,
  next: Next,
  onRefused: OnRefused<R, S> | undefined,
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
  // With the status of the refusal it would pass for one.
  const fail = (error: unknown): void => {
    response.statusCode = 500
    next(error)
  }
  let handedOn = false
  const goOn: Next = (error) => {
    handedOn = true
    next(error)
  }
  const watch = (): void => watchForAnswer(() => handedOn || response.headersSent || response.destroyed)
  try {
    const answered = own(request, response, refusal.refused!, goOn)
    if (isPromise(answered)) answered.then(watch, fail)
    else watch()
  } catch (error) {
    fail(error)
  }
}
