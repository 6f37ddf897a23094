/** The quota fields of a reply, kept to its end: also where a proxy copies fields of its upstream, and where a handler hijacks the reply. */
import { keepFields, type RequestContext } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Where the context of a request lies. */
export const contextKey: unique symbol = Symbol('sluice.context')

/** A request of a guarded application. */
export interface Guarded extends FastifyRequest {
  [contextKey]: RequestContext<FastifyRequest> | null
}

/** An `onSend` hook: a field that was replaced gets its value back. One that the application has removed stays removed. */
export function keepQuota(request: FastifyRequest, reply: FastifyReply): void {
  const context = (request as Guarded)[contextKey]
  if (context === null) return
  for (const [name, value] of context.ledger.quota()) {
    const current = reply.getHeader(name)
    if (current !== undefined && current !== value) reply.header(name, value)
  }
}

/** What `hijack` was before, by the prototype of replies. */
const hijacks = new WeakMap<object, FastifyReply['hijack']>()

/** Replaces `hijack` on the prototype of a reply, which others have as well, so that no request pays for it. */
export function followHijack(reply: FastifyReply): void {
  // Another copy of this package may have replaced ours, and calls it.
  if (reply.hijack === hijack || hijackOfFastify(reply) !== undefined) return
  const prototype = Object.getPrototypeOf(reply) as FastifyReply
  hijacks.set(prototype, reply.hijack)
  prototype.hijack = hijack
}

/** A handler that hijacks its reply writes the response of Node, which then gets the quota fields first. */
function hijack(this: FastifyReply): FastifyReply {
  const { raw } = this
  const ledger = (this.request as Guarded)[contextKey]?.ledger
  if (ledger !== undefined && !raw.headersSent) {
    for (const [name, value] of ledger.quota()) raw.setHeader(name, value)
    raw.writeHead = keepFields(raw.writeHead, () => ledger.quota()) as typeof raw.writeHead
  }
  return hijackOfFastify(this)!.call(this)
}

/** What `hijack` of a reply was before; `undefined` if it was not replaced. */
function hijackOfFastify(reply: FastifyReply): FastifyReply['hijack'] | undefined {
  let at: object | null = Object.getPrototypeOf(reply) as object
  while (at !== null && !hijacks.has(at)) at = Object.getPrototypeOf(at) as object | null
  return at === null ? undefined : hijacks.get(at)
}
