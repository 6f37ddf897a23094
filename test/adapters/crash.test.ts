/** A process that is killed with requests in flight ends none of them: its slots come back when their leases run out. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Admin } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, test } from 'vitest'
import { isNightly } from '../runs.ts'
import { compiled, startRedis, until } from '../servers/index.ts'
import { adapters, limits } from './crash-scene.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

const program = await compiled(join(import.meta.dirname, 'crashing-server.ts'))

async function remaining(admin: Admin): Promise<number> {
  return (await admin.inspect('slots', 'all'))?.remaining ?? 2
}

// The store does it for all of them: each adapter is a process of its own, which takes seconds to start.
const killed = Object.entries(adapters).filter(([name]) => isNightly || name === 'node:http')

test.concurrent.for(killed)(
  'a server of %s that is killed gives its slots back to the others',
  { timeout: 120_000 },
  async ([name, adapter], { expect, onTestFinished }) => {
    const store = redisStore(client, { prefix: `crash-${name}`, processes: 1, timeout: '10s' })
    const survivor = await adapter.start({ guard: { limits, store }, routes: [{ path: '/' }] })
    const crashing = fork(program, [name, String(redis.port), `crash-${name}`], { execArgv: [] })
    const ended = once(crashing, 'exit')
    onTestFinished(async () => {
      crashing.kill('SIGKILL')
      await ended
      await survivor.close()
      await store.close()
    })
    const [port] = await once(crashing, 'message')

    const inFlight = [1, 2].map(() => fetch(`http://127.0.0.1:${port}/`))
    const lost = Promise.allSettled(inFlight)
    await until(async () => (await remaining(survivor.admin)) === 0, { what: 'two requests to be in flight', withinMs: 30_000 })
    expect((await fetch(`http://127.0.0.1:${survivor.port}/`)).status).toBe(429)

    crashing.kill('SIGKILL')
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await until(async () => (await remaining(survivor.admin)) === 2, { what: 'the leases to run out', withinMs: 60_000 })
    expect((await fetch(`http://127.0.0.1:${survivor.port}/`)).status).toBe(200)
  },
)
