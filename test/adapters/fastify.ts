/** Fastify under test. */
import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import type { AdapterUnderTest, Answer, SectionOfSite, SiteRoute } from '@sluice/conformance/adapter'
import { andThen } from '@sluice/core/internal'
import { bind, sluice } from '@sluice/fastify'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import { writeRaw } from './answer.ts'

export const fastify: AdapterUnderTest = {
  async start({ guard, onRefused, logRefused, onError, corsExposes, corsBehind, socketPath, ...section }) {
    const app = Fastify({ forceCloseConnections: true })
    if (corsExposes !== undefined) app.register(cors, { exposedHeaders: [...corsExposes] })
    app.register(sluice, {
      ...guard,
      onRefused: logRefused
        ? (_request, _reply, refused) => logRefused(refused)
        : onRefused &&
          ((_request, reply, refused, next) =>
            andThen(onRefused(refused), (answer) => (answer === 'next' ? next() : answer && send(reply, answer)))),
    })
    if (corsBehind === true) app.register(cors)
    if (onError !== undefined) app.setErrorHandler((error, _request, reply) => send(reply, onError(error)))
    declare(app, section)
    await app.listen(socketPath === undefined ? { host: '127.0.0.1', port: 0 } : { path: socketPath })
    const [address] = app.addresses()
    return { port: typeof address === 'object' ? address.port : undefined, admin: app.sluice, close: () => app.close() }
  },
  stagesBeforeBody: 1,
  bind,
  bodyOf: (request) => (request as FastifyRequest).body,
}

function declare(app: FastifyInstance, { routes = [], sections = [] }: SectionOfSite): void {
  for (const route of routes) app.route(routeOf(route))
  for (const section of sections) {
    const child = async (inner: FastifyInstance): Promise<void> => {
      inner.register(sluice, section.guard)
      declare(inner, section)
    }
    app.register(child, { prefix: section.prefix })
  }
}

function routeOf({ method = 'GET', path, sluice: config, handle }: SiteRoute): RouteOptions {
  return {
    method,
    url: path,
    config: { sluice: config },
    handler: async (request, reply) => send(reply, (await handle?.({ sluice: request.sluice, body: request.body })) ?? {}),
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status = 200, headers = {}, body = 'ok', hijack, raw } = answer
  if (raw === true) {
    reply.hijack()
    writeRaw(reply.raw, answer)
    return reply
  }
  if (hijack === true) {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
    return reply
  }
  return reply
    .code(status)
    .headers(headers)
    .send(typeof body === 'string' ? body : Readable.from(body))
}
