/** Requests that failed in sluice: the application's own error handler answers, or a problem document does. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SluiceError } from '@sluice/core'
import { faultAnswer, isFault, providerRefusalAnswer } from '@sluice/http'
import type { Application, ErrorRequestHandler, Request } from 'express'
import { applicationsAround, type Layer, layersOf } from './layers.ts'
import type { Next } from './options.ts'

/** What becomes of a request that failed. */
export type Reject<R> = (fault: SluiceError, request: R, response: ServerResponse, next: Next) => void

/** For chains whose end is the application's own. */
export const handOn: Reject<unknown> = (fault, _request, _response, next) => next(fault)

/**
 * For Express: hands the fault to the error handlers of the application. Where it has none, Express would send a page with the stack, so
 * the answer is a problem document, and the error is printed as Express prints it.
 */
export const orAnswer: Reject<Request> = (fault, request, response, next) => {
  const { app } = request
  if (app === undefined || response.headersSent || hasErrorHandler(app)) {
    next(fault)
    return
  }
  // biome-ignore lint/suspicious/noConsole: Express prints the errors that nobody handles.
  if (app.get('env') !== 'test') console.error(fault)
  answerFault(request, response, fault)
}

/**
 * Answers a request that failed: for the end of a chain of middleware without a framework, and for error handlers.
 *
 * The body is a problem document with `status`, `title` and the `code` of the error, and no other fact. An error that is not of sluice is
 * answered likewise, without a code. A refusal of `@sluice/egress` is answered with its status and its wait.
 * @example
 * ```ts
 * createServer((req, res) => guard(req, res, (error) => (error === undefined ? res.end('ok') : answerFault(req, res, error))))
 * ```
 */
export function answerFault(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { status, headers, body } = providerRefusalAnswer(error) ?? faultAnswer(isFault(error) ? error : null)
  response.statusCode = status
  for (const [name, value] of headers) response.setHeader(name, value)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** An error handler that answers refusals of `@sluice/egress`, and hands on every other error. */
const answerProviderRefusals: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent || providerRefusalAnswer(error) === undefined) next(error)
  else answerFault(request, response, error)
}

/**
 * Puts an error handler for refusals of `@sluice/egress` behind everything that an application has declared by its first request, so that
 * error handlers of the application come first.
 */
export function followErrors(outermost: Application): void {
  if (!layersOf(outermost).some(({ handle }) => handle === answerProviderRefusals)) outermost.use(answerProviderRefusals)
}

/** Whether an error handler stands anywhere around a request: in its application, or in one that mounts it. */
function hasErrorHandler(app: Request['app']): boolean {
  for (const around of applicationsAround(app)) if (layersOf(around).some(handlesErrors)) return true
  return false
}

/** Express knows error handlers by their four parameters. */
function handlesErrors({ handle, route }: Layer): boolean {
  if (handle === answerProviderRefusals) return false
  if (typeof handle === 'function' && handle.length === 4) return true
  return (route?.stack ?? layersOf(handle)).some(handlesErrors)
}
