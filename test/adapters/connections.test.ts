/** Slots are given back whatever the connection: streams of HTTP/2, and requests that become WebSockets. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect, createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import websocket from '@fastify/websocket'
import { createAdaptorServer, upgradeWebSocket } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Admin, concurrency, tokenBucket } from '@sluice/core'
import { sluice as expressSluice, nodeSluice } from '@sluice/express'
import { sluice as fastifySluice } from '@sluice/fastify'
import { sluice as honoSluice } from '@sluice/hono'
import type { HttpLimit, HttpOptions } from '@sluice/http'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

const slots: HttpLimit = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 9, lease: '30s' }) }
const limits = [slots]

interface Listening {
  readonly server: Server | Http2Server
  readonly admin: Admin
}

async function held(admin: Admin): Promise<number> {
  return 9 - ((await admin.inspect('slots', 'all'))?.remaining ?? 9)
}

async function portOf({ server }: Listening): Promise<number> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Begins, and does not end by itself. */
function beginning(): Readable {
  return Readable.from(
    (async function* () {
      yield 'beginning'
      await new Promise(() => undefined)
    })(),
  )
}

const overHttp2: Readonly<Record<string, () => Promise<Listening>>> = {
  async Fastify() {
    const app = Fastify({ http2: true })
    app.register(fastifySluice, { limits })
    app.get('/quick', async () => 'ok')
    app.get('/stays', (_request, reply) => reply.send(beginning()))
    await app.ready()
    return { server: app.server, admin: app.sluice }
  },
  async Hono() {
    const guard = honoSluice({ limits })
    const app = new Hono().use(guard)
    app.get('/quick', (c) => c.text('ok'))
    app.get('/stays', () => new Response(Readable.toWeb(beginning()) as ReadableStream))
    return { server: createAdaptorServer({ fetch: app.fetch, createServer: createHttp2Server }) as Http2Server, admin: guard.admin }
  },
  async 'node:http2'() {
    const guard = nodeSluice({ limits })
    const server = createHttp2Server((request, response) => {
      const next = (): void => void (request.url === '/stays' ? beginning().pipe(response) : response.end('ok'))
      guard(request as never, response as never, next)
    })
    return { server, admin: guard.admin }
  },
}

describe.each(Object.entries(overHttp2))('%s over HTTP/2', (_name, start) => {
  async function open(): Promise<{ readonly admin: Admin; readonly session: ClientHttp2Session }> {
    const site = await start()
    const session = connect(`http://127.0.0.1:${await portOf(site)}`)
    session.on('error', () => undefined)
    onTestFinished(() => session.destroy())
    return { admin: site.admin, session }
  }

  /** A stream whose first bytes have come. */
  async function ask(session: ClientHttp2Session, path: string) {
    const stream = session.request({ ':path': path })
    stream.on('error', () => undefined)
    await once(stream, 'data')
    return stream
  }

  test('holds no slot for a stream that has ended, or that was reset', async () => {
    const { admin, session } = await open()
    await once(await ask(session, '/quick'), 'end')
    await expect.poll(() => held(admin)).toBe(0)
    const stream = await ask(session, '/stays')
    expect(await held(admin)).toBe(1)
    stream.close(8)
    await expect.poll(() => held(admin)).toBe(0)
  })

  test('holds no slot for the streams of a session that is gone', async () => {
    const { admin, session } = await open()
    await Promise.all([ask(session, '/stays'), ask(session, '/stays')])
    expect(await held(admin)).toBe(2)
    session.destroy()
    await expect.poll(() => held(admin)).toBe(0)
  })
})

/** Upgrades go through the middleware of the application, as requests with a response on their socket. */
function upgrading(server: Server, handle: (request: IncomingMessage, response: ServerResponse, accept: () => void) => void): Server {
  const sockets = new WebSocketServer({ noServer: true })
  return server.on('upgrade', (request, socket, head) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket as never)
    handle(request, response, () => sockets.handleUpgrade(request, socket, head, echo))
  })
}

function echo(socket: WebSocket): void {
  socket.on('message', (data) => socket.send(data as Buffer))
}

const overWebSocket: Readonly<Record<string, (options: HttpOptions<unknown>) => Promise<Listening>>> = {
  async Fastify(options) {
    const app = Fastify()
    app.register(fastifySluice, options)
    app.register(websocket)
    app.register(async (child) => {
      child.get('/', { websocket: true }, echo)
      child.get('/false', { websocket: true, config: { sluice: false } }, echo)
    })
    await app.ready()
    return { server: app.server, admin: app.sluice }
  },
  async Express(options) {
    const guard = expressSluice(options)
    const accepts = new WeakMap<object, () => void>()
    const app = express()
    app.use(guard)
    app.use((request) => accepts.get(request)?.())
    const server = upgrading(createServer(app), (request, response, accept) => {
      accepts.set(request, accept)
      app(request as never, response as never)
    })
    return { server, admin: guard.admin }
  },
  async 'node:http'(options) {
    const guard = nodeSluice(options)
    const server = upgrading(createServer(), (request, response, accept) => guard(request, response, accept))
    return { server, admin: guard.admin }
  },
  async 'node:http by guard.upgrade'(options) {
    const guard = nodeSluice(options)
    const sockets = new WebSocketServer({ noServer: true })
    const server = createServer().on('upgrade', (request, socket, head) => {
      void guard.upgrade(request, socket, head).then((passes) => {
        if (passes) sockets.handleUpgrade(request, socket, head, echo)
      })
    })
    return { server, admin: guard.admin }
  },
  async Hono(options) {
    const guard = honoSluice({ ...options, connInfo: getConnInfo })
    const app = new Hono().use(guard)
    app.get(
      '/',
      upgradeWebSocket(() => ({ onMessage: (event, socket) => socket.send(String(event.data)) })),
    )
    // Its own type asks for exactly what `ws` leaves undefined.
    const sockets = new WebSocketServer({ noServer: true }) as never
    return { server: createAdaptorServer({ fetch: app.fetch, websocket: { server: sockets } }) as Server, admin: guard.admin }
  },
}

describe.each(Object.entries(overWebSocket))('%s with WebSockets', (name, start) => {
  async function open(options: HttpOptions<unknown> = { limits }): Promise<{ readonly admin: Admin; connect(path?: string): WebSocket }> {
    const site = await start(options)
    const port = await portOf(site)
    return { admin: site.admin, connect: (path = '/') => new WebSocket(`ws://127.0.0.1:${port}${path}`) }
  }

  test('settles a socket that ended as it should as 101, and not as aborted', async () => {
    const settled: unknown[] = []
    const settle: HttpLimit['settle'] = ({ status, aborted }) => void settled.push([status, aborted])
    const { connect: connectSocket } = await open({ limits: [{ ...limits[0]!, settle }] })
    const socket = connectSocket()
    await once(socket, 'open')
    socket.close(1000)
    await expect.poll(() => settled).toEqual([[101, false]])
  })

  test('refuses with a whole response, and the process stays', async () => {
    const rule = tokenBucket({ capacity: 1, per: '1h' })
    const { connect: connectSocket } = await open({ limits: [{ name: 'opened', rule }] })
    await once(connectSocket(), 'open')
    const [, refused] = (await once(connectSocket(), 'unexpected-response')) as [unknown, IncomingMessage]
    expect(refused).toMatchObject({ statusCode: 429, headers: { 'retry-after': '3600', ratelimit: expect.stringContaining('"opened"') } })
    // The server of Hono writes the head alone.
    const body = await text(refused)
    if (name !== 'Hono') expect(JSON.parse(body)).toMatchObject({ title: 'Quota Exceeded' })
  })

  test.each(['close', 'terminate'] as const)('holds no slot for a socket after its %s', async (end) => {
    const { admin, connect: connectSocket } = await open()
    const socket = connectSocket()
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    expect(await held(admin)).toBe(1)
    socket[end]()
    await once(socket, 'close')
    await expect.poll(() => held(admin)).toBe(0)
  })

  test.each(['/', '/false', '/nowhere'])('refuses an upgrade of %s to an address on the deny list', async (path) => {
    const { connect: connectSocket } = await open({ denyList: ['127.0.0.0/8'] })
    const socket = connectSocket(path)
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(403)
    socket.on('error', () => undefined)
    socket.terminate()
  })

  test('refuses an upgrade as any request, and holds no slot for it', async () => {
    const { admin, connect: connectSocket } = await open()
    await admin.block('slots', 'all', '1h')
    const socket = connectSocket()
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '3600'])
    socket.on('error', () => undefined)
    socket.terminate()
    await admin.block('slots', 'all', 0)
    await expect.poll(() => held(admin)).toBe(0)
  })
})
