/** A program that ends a client, its store and its policy source in one order after the other, as given, and has nothing else to do. */
import { once } from 'node:events'
import { createLimiter, tokenBucket } from '@sluice/core'
import { type RedisClient, redisPolicy, redisStore } from '@sluice/redis'
import type { Redis } from 'ioredis'
import { attempted, endClient, libraryOf } from './clients.ts'

const [place = '', name = '', ...orders] = process.argv.slice(2)
const library = libraryOf(name)

function dial(lazy: boolean): RedisClient {
  const [kind, ports = '', master = ''] = place.split(':')
  const nodes = ports.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) }))
  if (kind === 'cluster') return library.cluster(nodes)
  if (kind === 'sentinel') return library.sentinel({ sentinels: nodes, name: master })
  return library.one({ port: Number(place), lazy })
}

async function quit(client: RedisClient): Promise<unknown> {
  // One that has ended already says so by an error.
  if (!('status' in client)) return (client as unknown as { close(): Promise<unknown> }).close().catch(() => {})
  const redis = client as Redis
  return Promise.all([redis.status === 'end' || once(redis, 'end'), redis.quit()])
}

async function end(steps: readonly string[]): Promise<void> {
  const client = dial(steps[0] === 'lazy')
  if (place.includes(':')) await attempted(client)
  const store = redisStore(client, { processes: 1, colocate: 'ip' })
  const limiter = createLimiter<string>({
    store,
    limits: [{ name: 'ip', by: (ip) => ip, rule: tokenBucket({ capacity: 9, per: '1m' }) }],
  })
  limiter.observe(() => {})

  const actions: Readonly<Record<string, () => unknown>> = {
    call: () => limiter.consume('192.0.2.1'),
    close: () => store.close(),
    connect: () => (client as Redis).connect(),
    disconnect: () => endClient(client),
    lazy: () => {},
    quit: () => quit(client),
    ready: () => store.ready(),
    watch: () => redisPolicy(client, 'limits').watch(() => {}),
  }
  if (steps[0] !== 'lazy') await limiter.consume('192.0.2.1')
  for (const step of steps) await actions[step]!()
}

for (const order of orders) await end(order.split(' '))
process.stdout.write('done')
