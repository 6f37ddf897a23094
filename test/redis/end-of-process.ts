/** A program that ends a client, its store and its policy source in one order after the other, as given, and has nothing else to do. */
import { once } from 'node:events'
import { createLimiter, tokenBucket } from '@sluice/core'
import { redisPolicy, redisStore } from '@sluice/redis'
import type { Cluster, Redis } from 'ioredis'
import { versions } from './clients.ts'

const [place = '', version, ...orders] = process.argv.slice(2)
const { Client, ClusterClient } = versions.find((one) => String(one.version) === version)!

function dial(lazyConnect: boolean): Redis | Cluster {
  const [kind, ports = '', name = ''] = place.split(':')
  const nodes = ports.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) }))
  if (kind === 'cluster') return new ClusterClient(nodes)
  if (kind === 'sentinel') return new Client({ sentinels: nodes, name })
  return new Client({ port: Number(place), lazyConnect })
}

async function end(steps: readonly string[]): Promise<void> {
  const client = dial(steps[0] === 'lazy')
  client.on('error', () => {})
  const store = redisStore(client, { processes: 1, colocate: 'ip' })
  const limiter = createLimiter<string>({
    store,
    limits: [{ name: 'ip', by: (ip) => ip, rule: tokenBucket({ capacity: 9, per: '1m' }) }],
  })
  limiter.observe(() => {})

  const actions: Readonly<Record<string, () => unknown>> = {
    call: () => limiter.consume('192.0.2.1'),
    close: () => store.close(),
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    lazy: () => {},
    quit: () => Promise.all([client.status === 'end' || once(client, 'end'), client.quit()]),
    ready: () => store.ready(),
    watch: () => redisPolicy(client, 'limits').watch(() => {}),
  }
  if (steps[0] !== 'lazy') await limiter.consume('192.0.2.1')
  for (const step of steps) await actions[step]!()
}

for (const order of orders) await end(order.split(' '))
process.stdout.write('done')
