/** Writing replies: headers, refusals, and faults of sluice. */
import type { SluiceError } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import {
  faultAnswer,
  type Guard,
  type HeaderLine,
  isFault,
  type ProviderRefusalAnswer,
  providerRefusalAnswer,
  type Refusal,
  watchForAnswer,
} from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySluice } from './options.ts'
import { isDefaultErrorHandler } from './routes.ts'

/** Sends the refusal as a plain reply, not as an error: error handlers and error logs are for what is broken. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  guard: Guard<FastifyRequest>,
  onRefused: FastifySluice['onRefused'],
): void {
  reply.code(refusal.status)
  const own = onRefused !== undefined && refusal.refused !== null
  for (const name of refusal.withdrawn) reply.removeHeader(name)
  writeHeaders(reply, own ? refusal.headers.filter(([name]) => name !== 'Content-Type') : refusal.headers)
  if (!own) {
    reply.send(refusal.body)
    return
  }
  const send = (answer: unknown): void => {
    if (!reply.sent && answer !== undefined && answer !== reply) reply.send(answer)
    watchForAnswer(() => reply.sent || reply.raw.destroyed)
  }
  // With the status of the refusal it would pass for one.
  const fail = (error: unknown): void => {
    // The application has answered, and its promise has no end.
    if (reply.sent) return
    const pass = (): void => void reply.code(500).send(error)
    if (isFault(error)) failWith(error, request, reply, pass)
    else pass()
  }
  const ours = (): void => {
    if (reply.sent) return
    writeHeaders(reply, refusal.headers)
    reply.send(refusal.body)
  }
  try {
    const answer = onRefused(request, reply, refusal.refused)
    // A reply is thenable, and waiting for it would wait for the response that is about to be sent.
    if (answer !== reply && isPromise(answer)) guard.inTime(answer, ours).then(send).catch(fail)
    else send(answer)
  } catch (error) {
    fail(error)
  }
}

/**
 * Hands a fault to Fastify. Error hooks, the error log and an error handler of the application get it like any error. Where the
 * application has no error handler, the body is a problem document with the code.
 */
export function failWith(fault: SluiceError, request: FastifyRequest, reply: FastifyReply, next: (error: Error) => void): void {
  if (isDefaultErrorHandler(request.server.errorHandler)) answerAtSend(2, fault, reply, () => faultAnswer(fault))
  next(fault)
}

/**
 * An `onError` hook. A refusal of `@sluice/egress` that a handler throws is answered with its status and its wait where only the error
 * handler of Fastify itself is left.
 */
export function answerProviderRefusal(request: FastifyRequest, reply: FastifyReply, error: Error, done: () => void): void {
  const answer = providerRefusalAnswer(error)
  if (answer !== undefined && isDefaultErrorHandler(request.server.errorHandler)) {
    // The handler of Fastify logs what has a status from 500 on as an error.
    reply.code(answer.status)
    // The error has been sent once when the hook is called.
    answerAtSend(1, error, reply, () => answer)
  }
  done()
}

type DefaultAnswer = Pick<ProviderRefusalAnswer, 'headers' | 'body'> & { readonly status: number }

/**
 * Answers when an error is sent for the `last` time. Fastify sends an error to its handlers, and what a handler passes on it sends again:
 * the second time is the last.
 */
function answerAtSend(last: number, error: Error, reply: FastifyReply, answer: () => DefaultAnswer): void {
  const own = reply as { send?: FastifyReply['send'] }
  const { send } = reply
  let times = 0
  own.send = (payload?: unknown) => {
    if (payload !== error || ++times < last) return send.call(reply, payload)
    delete own.send
    const { status, headers, body } = answer()
    reply.code(status)
    writeHeaders(reply, headers)
    return reply.send(body)
  }
}

/** Names in lower case, by the spelling of their standard; there are as many as header families have. */
const lowered = new Map<string, string>()

/** Fastify keeps names in lower case. One that is so already is kept as it is, where another becomes a new string each time, to be looked up. */
export function writeHeaders(reply: FastifyReply, lines: readonly HeaderLine[]): void {
  for (const line of lines) reply.header(lowered.get(line[0]) ?? lower(line[0]), line[1])
}

function lower(name: string): string {
  const low = name.toLowerCase()
  lowered.set(name, low)
  return low
}
