/** One limiter of domain subjects: the same budget for a route of each framework, a worker and a WebSocket. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createLimiter, type Limiter, memoryStore, tokenBucket } from '@sluice/core'
import * as ex from '@sluice/express'
import * as fa from '@sluice/fastify'
import * as ho from '@sluice/hono'
import { bind, type HttpFacts } from '@sluice/http'
import { redisStore } from '@sluice/redis'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
const client = new Redis(redis.port, '127.0.0.1')
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

interface Customer {
  readonly id: string
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What anybody may use the limiter for: each answers whether it was let through. */
type Use = () => Promise<boolean>

const ada = (_request: unknown, _http: HttpFacts): Customer => ({ id: 'ada' })

async function routesOf(limiter: Limiter<Customer>): Promise<readonly Use[]> {
  const fastify = Fastify()
  fastify.register(fa.sluice, { limiter: fa.bind(limiter, ada) })
  fastify.get('/', async () => 'ok')
  await fastify.ready()

  const app = express()
  app.use(ex.sluice({ limiter: ex.bind(limiter, ada) }))
  app.get('/', (_request, response) => void response.send('ok'))

  const hono = new Hono().use(ho.sluice({ limiter: ho.bind(limiter, ada) })).get('/', (c) => c.text('ok'))

  const guard = ex.nodeSluice({ limiter: bind(limiter, ada) })
  const node = createServer((request, response) => guard(request, response, () => response.end('ok')))

  const servers = [fastify.server, createServer(app), createAdaptorServer({ fetch: hono.fetch }) as Server, node]
  const ports = await Promise.all(servers.map(portOf))
  const overHttp = ports.map(
    (port): Use =>
      async () =>
        (await fetch(`http://127.0.0.1:${port}/`)).ok,
  )

  const handle = ho.guardFetch({ limiter: bind(limiter, ada) }, () => new Response('ok'))
  return [...overHttp, async () => (await handle(new Request('http://localhost/'))).ok]
}

/** A socket whose messages are worked off while the limiter admits them. */
async function socketOf(limiter: Limiter<Customer>): Promise<Use> {
  const server = createServer()
  const work = async (socket: WebSocket): Promise<void> => socket.send(JSON.stringify((await limiter.consume({ id: 'ada' })).allowed))
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', () => void work(socket)))
  const socket = new WebSocket(`ws://127.0.0.1:${await portOf(server)}/`)
  await once(socket, 'open')
  onTestFinished(() => socket.terminate())
  return async () => {
    socket.send('work')
    return JSON.parse(String((await once(socket, 'message'))[0])) as boolean
  }
}

const stores = { memory: () => memoryStore(), Redis: () => redisStore(client, { processes: 1, timeout: '10s' }) }

test.each(Object.entries(stores))(
  'on the %s store everybody draws on one budget, and none on that of another customer',
  async (_name, openStore) => {
    const store = openStore()
    const limiter = createLimiter<Customer>({
      store,
      limits: [{ name: 'customer', by: ({ id }) => id, rule: tokenBucket({ capacity: 7, per: '1h' }) }],
    })
    onTestFinished(async () => {
      await limiter.close()
      await store.close()
    })
    const worker: Use = async () => (await limiter.consume({ id: 'ada' })).allowed
    const users = [...(await routesOf(limiter)), worker, await socketOf(limiter)]
    expect(users.length).toBe(7)
    for (const use of users) expect(await use()).toBe(true)
    for (const use of users) expect(await use()).toBe(false)
    expect((await limiter.consume({ id: 'bob' })).allowed).toBe(true)
  },
)
