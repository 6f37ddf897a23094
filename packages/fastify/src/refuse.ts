/** Writing replies: headers, refusals, and faults of sluice. */
import { SluiceError } from '@sluice/core'
import {
  faultAnswer,
  type Guard,
  type HeaderLine,
  isFault,
  notedResponse,
  type ProviderRefusalAnswer,
  providerRefusalAnswer,
  type Refusal,
  type ResponseHead,
  SLUICE_EARLY_HEAD,
  takesNext,
  writeOwnHead,
} from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySluice, Next } from './options.ts'
import { isDefaultErrorHandler } from './routes.ts'

/** Sends the refusal as a plain reply, not as an error: error handlers and error logs are for what is broken. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  guard: Guard<FastifyRequest>,
  onRefused: FastifySluice['onRefused'],
  next: Next,
): void {
  // Another plugin has answered while the decision was in flight, such as one for time-outs.
  if (reply.sent) return
  if (reply.raw.headersSent) {
    request.log.error(new SluiceError(SLUICE_EARLY_HEAD))
    reply.raw.destroy()
    return
  }
  if (onRefused !== undefined && refusal.refused !== null) {
    answerOwn(request, reply, refusal, guard, onRefused, next)
    return
  }
  reply.code(refusal.status)
  write(reply, refusal)
  reply.send(refusal.body)
}

function write(reply: FastifyReply, { withdrawn, headers }: Refusal): void {
  for (const name of withdrawn) reply.removeHeader(name)
  writeHeaders(reply, headers)
}

/** The answer of the application, with the status and the headers of a refusal already set. */
function answerOwn(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  guard: Guard<FastifyRequest>,
  onRefused: NonNullable<FastifySluice['onRefused']>,
  next: Next,
): void {
  const takeHeadBack = writeOwnHead(headOf(reply), refusal)
  let isOver = false
  const goOn: Next = (error) => {
    if (isOver) return
    isOver = true
    takeHeadBack()
    next(error)
  }
  const noted = notedResponse(reply)
  const call = (): unknown => {
    const answer = onRefused(request, noted.response, refusal.refused!, goOn)
    // A reply is thenable, and waiting for it would wait for the response that is about to be sent.
    return answer === noted.response || answer === reply ? undefined : answer
  }
  guard.answerRefused(call, {
    isAnswered: () => isOver || reply.sent || reply.raw.destroyed,
    mayComeLater: () => takesNext(onRefused) || noted.isUsed(),
    take(answer) {
      if (answer !== undefined && answer !== noted.response && answer !== reply) reply.send(answer)
    },
    ours() {
      isOver = true
      noted.close()
      reply.code(refusal.status)
      write(reply, refusal)
      reply.send(refusal.body)
    },
    fail(error) {
      // The application has answered, and its promise has no end.
      if (isOver || reply.sent) return
      isOver = true
      const pass = (): void => {
        // With the status of the refusal it would pass for one.
        reply.raw.statusCode = 500
        reply.send(error)
      }
      if (isFault(error)) failWith(error, request, reply, pass)
      else pass()
    },
  })
}

/** The head of a reply. A status of the raw response, unlike `reply.code()`, leaves redirects and errors theirs. */
function headOf(reply: FastifyReply): ResponseHead {
  const { raw } = reply
  return {
    get statusCode() {
      return raw.statusCode
    },
    set statusCode(status) {
      raw.statusCode = status
    },
    getHeader: (name) => reply.getHeader(name),
    setHeader: (name, value) => reply.header(name, value),
    removeHeader: (name) => reply.removeHeader(name),
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
