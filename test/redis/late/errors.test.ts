/** Any error of Redis is an outage, and none is read as "nothing there"; what Redis could not do is done when it can. */
import { concurrency, createLimiter, type LimiterEvent, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { ask, type RedisServer, startProxy, startRedis, until } from '../../servers/index.ts'
import { quiet } from '../clients.ts'

// A Redis of its own for each kind: nothing else may run there.
const idle = await startRedis()
afterAll(() => idle.stop())

interface Trouble {
  readonly name: string
  begin(server: RedisServer): Promise<unknown>
  end(server: RedisServer): Promise<unknown>
}

const config = (server: RedisServer, name: string, value: string): Promise<unknown> => ask(server, 'CONFIG', 'SET', name, value)
const acl = (server: RedisServer, ...rules: string[]): Promise<unknown> => ask(server, 'ACL', 'SETUSER', 'default', ...rules)

const troubles: readonly Trouble[] = [
  {
    name: 'NOREPLICAS',
    begin: (server) => config(server, 'min-replicas-to-write', '1'),
    end: (server) => config(server, 'min-replicas-to-write', '0'),
  },
  { name: 'OOM', begin: (server) => config(server, 'maxmemory', '1'), end: (server) => config(server, 'maxmemory', '0') },
  {
    name: 'READONLY',
    begin: (server) => ask(server, 'REPLICAOF', idle.host, '1'),
    end: (server) => ask(server, 'REPLICAOF', 'NO', 'ONE'),
  },
  { name: 'NOPERM for ZREM', begin: (server) => acl(server, '-zrem'), end: (server) => acl(server, '+zrem') },
  { name: 'NOPERM for sorted sets', begin: (server) => acl(server, '-@sortedset'), end: (server) => acl(server, '+@sortedset') },
  { name: 'NOPERM for scripts', begin: (server) => acl(server, '-eval', '-evalsha'), end: (server) => acl(server, '+eval', '+evalsha') },
]

describe.each(troubles)('$name', ({ begin, end }) => {
  test('slots that are held stay held, a settlement is told of and done later, and operators get the truth or an error', async () => {
    await using server = await startRedis()
    const client = quiet(new Redis(server.port))
    const store = redisStore(client, { processes: 1, onOutage: 'deny', timeout: '2s' })
    const jobs = createLimiter<string>({
      store,
      limits: [{ name: 'jobs', by: (who) => who, rule: concurrency({ capacity: 2, lease: '1h' }) }],
    })
    const faults: LimiterEvent[] = []
    jobs.observe((event) => event.type === 'fault' && faults.push(event))
    const [first, second] = [await jobs.reserve('ann'), await jobs.reserve('ann')]
    expect([first, second].map(({ decision }) => decision.decidedBy)).toEqual(['store', 'store'])

    await begin(server)
    const { allowed, decidedBy } = await jobs.peek('ann')
    expect([allowed, ['store', 'none'].includes(decidedBy)]).toEqual([false, true])
    const seen = await Promise.resolve(jobs.inspect('jobs', 'ann')).catch((error: unknown) => error)
    expect([{ remaining: 0 }, { code: 'SLUICE_STORE' }]).toContainEqual(
      seen instanceof Error ? { code: 'SLUICE_STORE' } : { remaining: (seen as { remaining: number }).remaining },
    )
    expect(await second.renew()).toBe(true)
    await first.settle(1)
    expect(faults.length).toBeGreaterThanOrEqual(1)

    await end(server)
    await until(async () => (await jobs.peek('ann')).limits[0]?.remaining === 1, { what: 'the slot that was settled' })
    expect(await second.renew()).toBe(true)
    await store.close()
    client.disconnect()
  })
})

test('a Redis that answers refusals and fails on every charge is away', async () => {
  await using server = await startRedis()
  const client = quiet(new Redis(server.port))
  // Redis refuses each call itself.
  const store = redisStore(client, { processes: 1, timeout: '2s', rememberRefusals: false })
  const limits = [{ name: 'ip', by: (ip: string) => ip, rule: tokenBucket({ capacity: 3, per: '1h' }) }]
  const limiter = createLimiter<string>({ store, limits })
  const outages: string[] = []
  limiter.observe((event) => event.type === 'outage' && outages.push(event.state))
  for (let i = 0; i < 100; i++) await limiter.consume('spent')
  await config(server, 'min-replicas-to-write', '1')
  for (let i = 0; i < 10; i++) {
    expect(await limiter.consume('spent')).toMatchObject({ allowed: false })
    expect(await limiter.consume(`fresh${i}`)).toMatchObject({ decidedBy: 'local' })
  }
  expect(outages).toEqual(['began'])
  await store.close()
  client.disconnect()
})

test('a slot whose reply was lost is given back when Redis answers again', async () => {
  await using server = await startRedis()
  await using proxy = await startProxy(server)
  const [client, direct] = [quiet(new Redis(proxy.port)), quiet(new Redis(server.port))]
  const [store, truth] = [client, direct].map((one) => redisStore(one, { processes: 1, timeout: '2s' })) as [
    ReturnType<typeof redisStore>,
    ReturnType<typeof redisStore>,
  ]
  const limits = [{ name: 'jobs', by: (who: string) => who, rule: concurrency({ capacity: 2, lease: '1h' }) }]
  const [app, seen] = [createLimiter<string>({ store, limits }), createLimiter<string>({ store: truth, limits })]
  // Two calls, after which the script is known by its name.
  for (let i = 0; i < 2; i++) await (await app.reserve('bob')).cancel()
  proxy.cutReplies({ count: 1, to: /evalsha/i })
  const held = await app.reserve('ann')
  expect(held.decision).toMatchObject({ allowed: true, decidedBy: 'local' })
  await proxy.heal()
  await until(async () => (await seen.peek('ann')).limits[0]?.remaining === 2, { what: 'the lost slot', withinMs: 10_000 })
  await Promise.all([store.close(), truth.close()])
  client.disconnect()
  direct.disconnect()
})
