/** Every call is answered within its bound, whatever Redis does, and Redis decides again when it can. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { ask, freePort, type RedisServer, startProxy, startRedis, startSentinel, type TcpProxy, until } from '../servers/index.ts'
import { libraries, libraryOf, mainLibraries, mainPlacedLibraries, quiet } from './clients.ts'
import { ownTime } from './own-time.ts'
import { type Scene, sceneOn } from './scene.ts'

const timeoutMs = 100
/** What the answer takes beside the wait. */
const slackMs = 50

// One at the top of the file: the first start on a machine may install Redis.
const idle = await startRedis()
afterAll(() => idle.stop())

/** Sends calls one after the other and all at once, and checks that each is answered in time, by this process. */
async function answersInTime({ limiter }: Scene): Promise<void> {
  using time = ownTime()
  const timed = async (): Promise<void> => {
    const start = time.nowMs()
    const decision = await limiter.consume()
    expect(time.nowMs() - start).toBeLessThanOrEqual(timeoutMs + slackMs)
    expect(decision).toMatchObject({ allowed: true, decidedBy: 'local' })
  }
  for (let i = 0; i < 4; i++) await timed()
  await Promise.all(Array.from({ length: 50 }, timed))
}

interface Fault {
  readonly name: string
  begin(server: RedisServer, proxy: TcpProxy): unknown
  end(server: RedisServer, proxy: TcpProxy): unknown
}

const heal: Fault['end'] = (_, proxy) => proxy.heal()

const faults: readonly Fault[] = [
  {
    name: 'is gone and refuses connections',
    async begin(server, proxy) {
      proxy.refuse()
      proxy.resetAll()
      await server.kill()
    },
    async end(server, proxy) {
      await server.restart()
      await proxy.heal()
    },
  },
  { name: 'is not heard of any more', begin: (_, proxy) => proxy.blackHole(), end: heal },
  {
    name: 'hangs in the handshake',
    begin(_, proxy) {
      proxy.halfOpen()
      proxy.resetAll()
    },
    end: heal,
  },
  { name: 'is frozen', begin: (server) => server.pause(), end: (server) => server.resume() },
  { name: 'is slow', begin: (_, proxy) => proxy.delay(400), end: heal },
  { name: 'drops the connection with every reply', begin: (_, proxy) => proxy.cutReplies(), end: heal },
  {
    name: 'is out of memory',
    begin: (server) => ask(server, 'CONFIG', 'SET', 'maxmemory', '1'),
    end: (server) => ask(server, 'CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    name: 'has become a replica that takes no writes',
    begin: (server) => ask(server, 'REPLICAOF', idle.host, idle.port),
    end: (server) => ask(server, 'REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'is busy with a script',
    async begin(server) {
      await ask(server, 'CONFIG', 'SET', 'busy-reply-threshold', '50')
      const client = quiet(new Redis(server.port, { maxRetriesPerRequest: 0 }))
      client.call('EVAL', 'while true do end', '0').catch(() => client.disconnect())
      await until(
        () =>
          ask(server, 'PING').then(
            () => false,
            () => true,
          ),
        { what: 'a busy server' },
      )
    },
    end: (server) => ask(server, 'SCRIPT', 'KILL'),
  },
]

/** These end a connection: what a library makes of it may differ from version to version. */
const endings = ['is gone and refuses connections', 'drops the connection with every reply']
const matrix = libraries.flatMap((library) => {
  const tried = mainLibraries.includes(library) ? faults : faults.filter(({ name }) => endings.includes(name))
  return tried.map((fault) => [fault.name, library.library, library, fault] as const)
})

// Each has a Redis of its own.
test.concurrent.each(matrix)(
  'a Redis that %s keeps no call waiting, and decides again afterwards, on %s',
  async (_, __, { one }, { begin, end }) => {
    await using server = await startRedis()
    await using proxy = await startProxy(server)
    await using scene = sceneOn(one({ port: proxy.port }))
    await scene.ready()
    // Observed from here on: on a busy machine the first connection may take so long that it looks like an outage.
    const outages: string[] = []
    scene.limiter.observe((event) => event.type === 'outage' && outages.push(event.state))
    await begin(server, proxy)
    await answersInTime(scene)
    expect(outages).toEqual(['began'])
    await end(server, proxy)
    using time = ownTime()
    await scene.ready()
    expect(time.nowMs()).toBeLessThan(5000)
    expect(outages).toEqual(['began', 'ended'])
  },
)

test.concurrent.each(libraries)(
  'a Redis that is not there at the start keeps no call waiting, and decides once it is, on $library',
  async ({ one }) => {
    const port = await freePort()
    await using scene = sceneOn(one({ port }))
    await answersInTime(scene)
    await using server = await startRedis({ port })
    expect(server.port).toBe(port)
    await scene.ready()
    expect(await scene.charged()).toBe(0)
  },
)

test.concurrent.each(libraries)('the first call waits for the connection that it needs, on $library', async ({ library, one }) => {
  for (const lazy of [false, true]) {
    await using scene = sceneOn(one({ port: idle.port, lazy }), { prefix: `first${lazy}${library}`, timeout: '5s' })
    await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'store' })
  }
})

test.concurrent.each(mainPlacedLibraries)(
  'a failover by Sentinels keeps no call waiting, and the new master decides, on $library',
  async ({ sentinel }) => {
    await using trio = await startSentinel()
    const sentinels = trio.sentinels.map(({ host, port }) => ({ host, port }))
    await using scene = sceneOn(sentinel({ sentinels, name: trio.name }))
    await scene.ready()
    await trio.killMaster()
    await answersInTime(scene)
    await trio.promoted()
    await scene.ready()
    await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'store' })
  },
)

test.concurrent('an idle connection stays, and is not dialled anew', async () => {
  await Promise.all(
    libraries.map(async ({ library, one }) => {
      await using proxy = await startProxy(idle)
      // A client that connects later than the store would be counted too.
      const client = one({ port: proxy.port, lazy: true })
      await using scene = sceneOn(client, { prefix: `idle${library}`, timeout: '5s' })
      await scene.ready()
      const dialled = proxy.accepted()
      await sleep(1500)
      await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'store' })
      expect(proxy.accepted()).toBe(dialled)
    }),
  )
})

test.concurrent.each(libraries)('a store is closed soon though Redis is not heard of any more, on $library', async ({ library, one }) => {
  await using proxy = await startProxy(idle)
  await using scene = sceneOn(one({ port: proxy.port }), { prefix: `goodbye${library}` })
  await scene.ready()
  proxy.blackHole()
  using time = ownTime()
  await scene.store.close()
  expect(time.nowMs()).toBeLessThanOrEqual(timeoutMs + slackMs)
})

test('processes that are cut off from Redis admit the limit once more, all together, and carry nothing over', async () => {
  await using server = await startRedis()
  await using proxy = await startProxy(server)
  const processes = 4
  const { one } = libraryOf('ioredis 6')
  // A process would refuse by what it remembers until it notices the outage.
  const options = { processes, timeout: '1s', rememberRefusals: false } as const
  const scenes = Array.from({ length: processes }, () => sceneOn(one({ port: proxy.port }), options))
  const askAll = async (): Promise<{ readonly by: Set<string>; readonly passed: number }> => {
    const decisions = await Promise.all(scenes.flatMap(({ limiter }) => Array.from({ length: 300 }, () => limiter.consume())))
    return { by: new Set(decisions.map(({ decidedBy }) => decidedBy)), passed: decisions.filter(({ allowed }) => allowed).length }
  }
  for (const scene of scenes) await scene.ready()
  // Of a thousand units: twelve hundred are asked for.
  expect(await askAll()).toEqual({ by: new Set(['store']), passed: 1000 })
  proxy.blackHole()
  expect(await askAll()).toEqual({ by: new Set(['local']), passed: 1000 })
  expect((await askAll()).passed).toBe(0)
  await proxy.heal()
  for (const scene of scenes) await scene.ready()
  expect(await askAll()).toEqual({ by: new Set(['store']), passed: 0 })
  await Promise.all(scenes.map((scene) => scene[Symbol.asyncDispose]()))
})

test('what a caller sees of an outage does not name its cause', async () => {
  await using scene = sceneOn(libraryOf('ioredis 6').one({ port: await freePort() }), { onOutage: 'deny' })
  const decision = await scene.limiter.consume()
  expect(decision).toMatchObject({ outcome: 'unavailable', limits: [], refusedBy: ['all'], decidedBy: 'none' })
  expect(JSON.stringify(decision)).not.toMatch(/ECONNREFUSED|redis/i)
})
