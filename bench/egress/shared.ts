/** The mirror in Redis: commands and script time of a call whose tokens are known. */
import { createProvider, ioredisRunner, redisMirrors } from '@sluice/egress'
import { Redis } from 'ioredis'
import { startServer } from '../redis/server.ts'

/** What one call costs the server. */
export interface SharedCost {
  readonly commands: number
  readonly scriptUs: number
}

const calls = 2000

/** Calls one after the other, with all sixty slots of two windows in use. */
export async function costOfShared(): Promise<SharedCost> {
  const server = await startServer()
  const client = new Redis(server.port)
  const runner = ioredisRunner(client)
  const provider = createProvider({
    name: 'bench',
    // A short window, so that its log is full after a second.
    limits: { requests: { capacity: 100_000, per: '1s' }, tokens: { capacity: 10_000_000, per: '1s' } },
    store: redisMirrors(runner),
  })
  const call = async (): Promise<void> => (await provider.acquire({ cost: { tokens: 100 } })).settle()
  const fullAtMs = performance.now() + 1500
  while (performance.now() < fullAtMs) await call()
  await client.config('RESETSTAT')
  for (let i = 0; i < calls; i++) await call()
  const [, count = '0', us = '0'] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(await client.info('commandstats')) ?? []
  await provider.close()
  await runner.close()
  client.disconnect()
  server.stop()
  return { commands: Number(count) / calls, scriptUs: Number(us) / Number(count) }
}
