/** Answering a refused request. */
import { isPromise } from '@sluice/core'
import { type Refusal, watchForAnswer } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySluice } from './options.ts'
import { writeHeaders } from './write-headers.ts'

/** Sends the refusal as a plain reply, not as an error: error handlers and error logs are for what is broken. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal, onRefused: FastifySluice['onRefused']): void {
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
  const fail = (error: unknown): void => void reply.code(500).send(error)
  try {
    const answer = onRefused(request, reply, refusal.refused)
    // A reply is thenable, and waiting for it would wait for the response that is about to be sent.
    if (answer !== reply && isPromise(answer)) answer.then(send).catch(fail)
    else send(answer)
  } catch (error) {
    fail(error)
  }
}
