/** Answering a refused request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fn, Refused } from '@sluice/core'
import { type Guard, isFault, notedResponse, type Refusal, takesNext, writeOwnHead } from '@sluice/http'
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
  visit: Visit<R, S>,
  refusal: Refusal,
  { guard, onRefused, fail }: Answering<R, S>,
): void {
  const { request, response } = visit
  if (refusal.refused !== null && onRefused !== undefined) {
    answerOwn(visit, refusal, { guard, onRefused, fail })
    return
  }
  write(response, refusal)
  response.end(request.method === 'HEAD' ? undefined : refusal.body)
}

function write(response: ServerResponse, refusal: Refusal): void {
  response.statusCode = refusal.status
  for (const name of refusal.withdrawn) response.removeHeader(name)
  for (const [name, value] of refusal.headers) response.setHeader(name, value)
}

/** The answer of the application, with the status and the headers of a refusal already set. */
function answerOwn<R extends IncomingMessage, S extends ServerResponse>(
  { request, response, next }: Visit<R, S>,
  refusal: Refusal,
  { guard, onRefused, fail: failInSluice }: Answering<R, S> & { readonly onRefused: OnRefused<R, S> },
): void {
  const takeHeadBack = writeOwnHead(response, refusal)
  let isOver = false
  const goOn: Next = (error) => {
    if (isOver) return
    isOver = true
    takeHeadBack()
    next(error)
  }
  const noted = notedResponse(response)
  guard.answerRefused(() => onRefused(request, noted.response, refusal.refused!, goOn), {
    isAnswered: () => isOver || response.headersSent || response.destroyed,
    mayComeLater: () => takesNext(onRefused) || noted.isUsed(),
    ours() {
      isOver = true
      noted.close()
      write(response, refusal)
      response.end(request.method === 'HEAD' ? undefined : refusal.body)
    },
    fail(error) {
      // The application has answered, and its promise has no end.
      if (isFault(error) && response.headersSent) return
      isOver = true
      // With the status of the refusal it would pass for one.
      if (!response.headersSent) response.statusCode = 500
      if (isFault(error)) failInSluice(error)
      else next(error)
    },
  })
}
