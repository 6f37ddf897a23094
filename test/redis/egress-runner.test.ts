/** The mirror of a provider in Redis, by node-redis: one quota for all processes, booked once, and an outage that ends by itself. */
import { createHash } from 'node:crypto'
import { createProvider, nodeRedisRunner, type Provider, redisMirrors } from '@sluice/egress'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { startProxy, startRedis } from '../servers/index.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

const source = "return redis.call('INCR', KEYS[1])"
const counting = { source, sha1: createHash('sha1').update(source).digest('hex') }

const runners = {
  'node-redis 6': (port: number) => nodeRedisRunner(createClient({ socket: { host: '127.0.0.1', port } })),
  'node-redis 5': (port: number) => nodeRedisRunner(createClient5({ socket: { host: '127.0.0.1', port } })),
}

describe.each(Object.entries(runners))('%s', (name, runnerAt) => {
  function providerAt(port: number, about: string): Provider {
    const runner = runnerAt(port)
    const store = redisMirrors(runner, { prefix: `${name.replaceAll(' ', '-')}-${about}`, timeoutMs: 2000 })
    const provider = createProvider({ name: 'llm', limits: { tokens: { capacity: 100, per: '1h' } }, store, queue: { wait: '10s' } })
    onTestFinished(async () => {
      await provider.close()
      await runner.close()
    })
    return provider
  }

  test('two processes share one quota, and a settlement of one wakes the other', async () => {
    const [one, two] = [providerAt(redis.port, 'shared'), providerAt(redis.port, 'shared')]
    const permit = await one.acquire({ cost: { tokens: 90 } })
    const waiting = two.acquire({ cost: { tokens: 80 } })
    await expect.poll(() => two.snapshot().waiting).toBe(1)
    permit.settle({ tokens: 10 })
    expect((await waiting).waitedMs).toBeLessThan(20_000)
  })

  test('a script whose answer is lost has run once, and the next one finds the connection again', async () => {
    const proxy = await startProxy(redis)
    onTestFinished(() => proxy.stop())
    const runner = runnerAt(proxy.port)
    onTestFinished(() => runner.close())
    const key = `count-${name}`
    const count = (): Promise<unknown> => runner.run(counting, [key], [])
    expect(await count()).toBe(1)
    proxy.cutReplies({ count: 1, to: /evalsha/i })
    await expect(count()).rejects.toThrow()
    // Sent again, it would have counted once more.
    await expect.poll(() => count().catch(() => 'refused')).toBe(3)
  })
})
