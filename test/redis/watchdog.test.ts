/** A server that owes an answer and is silent for a second is given up; one that is slow, or that this process had no time for, is not. */
import { afterAll, expect, test } from 'vitest'
import { type Address, ask, proxiedCluster, startProxy, startRedis, until } from '../servers/index.ts'
import { libraries, libraryOf, mainLibraries, placedLibraries } from './clients.ts'
import { ownTime } from './own-time.ts'
import { sceneOn } from './scene.ts'

/** What noticing takes beside the silence. */
const slackMs = 150

// One at the top of the file: the first start on a machine may install Redis.
const server = await startRedis()
afterAll(() => server.stop())

/** Keeps this process from everything else, without keeping a processor busy. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** The store's own connections, as the server knows them. */
async function ownConnections(node: Address): Promise<readonly string[]> {
  const clients = await ask(node, 'CLIENT', 'LIST')
  return [...clients.matchAll(/^id=(\d+) .*name=sluice /gm)].map(([, id]) => id!).sort()
}

test.each(mainLibraries)('a process that is blocked loses no answer that has arrived meanwhile, on $library', async ({ library, one }) => {
  // Within the first bound one call is sent, and has an answer when it is over; the others are asked when the process comes to itself.
  for (const [timeout, count] of [['100ms', 1] as const, ['5s', 40] as const]) {
    await using scene = sceneOn(one({ port: server.port }), { prefix: `blocked${timeout}${library}`, timeout })
    await scene.ready()
    const events: string[] = []
    scene.limiter.observe(({ type }) => (type === 'outage' || type === 'fault') && events.push(type))
    const connections = await ownConnections(server)
    // From here on the process gets to its timers before it gets to what has arrived.
    await new Promise(setImmediate)
    const calls = Array.from({ length: count }, async () => (await scene.limiter.consume()).decidedBy)
    // node-redis sends what it is given when the turn is over.
    if (library.startsWith('node-redis')) await new Promise(setImmediate)
    blockFor(1500)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['store']))
    await scene.ready()
    expect(events).toEqual([])
    // None is new. That of a store before may have ended since.
    expect(connections).toEqual(expect.arrayContaining([...(await ownConnections(server))]))
  }
})

test.concurrent.each(libraries)('a server that is silent is given up within a second, and dialled anew, on $library', async ({ one }) => {
  await using proxy = await startProxy(server)
  await using scene = sceneOn(one({ port: proxy.port }), { prefix: 'silent', timeout: '10s' })
  await scene.ready()
  const dialled = proxy.accepted()
  proxy.blackHole()
  using time = ownTime()
  const decision = await scene.limiter.consume()
  expect(time.nowMs()).toBeLessThanOrEqual(1000 + slackMs)
  expect(decision).toMatchObject({ allowed: true, decidedBy: 'local' })
  await until(() => proxy.accepted() > dialled, { what: 'another connection' })
})

test.concurrent.each(mainLibraries)('a server that is silent in the handshake is given up too, on $library', async ({ library, one }) => {
  await using proxy = await startProxy(server)
  proxy.halfOpen()
  await using scene = sceneOn(one({ port: proxy.port, lazy: true }), { prefix: `handshake${library}` })
  await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'local' })
  expect(proxy.accepted()).toBeLessThanOrEqual(1)
  await until(() => proxy.accepted() > 1, { what: 'another connection' })
  await proxy.heal()
  await scene.ready()
})

test.concurrent('a server that is slow, but answers within a second, is not given up', async () => {
  const { one } = libraryOf('ioredis 6')
  await using proxy = await startProxy(server)
  await using scene = sceneOn(one({ port: proxy.port }), { prefix: 'slow', timeout: '10s' })
  await scene.ready()
  const dialled = proxy.accepted()
  proxy.delay(700, { direction: 'replies' })
  // One after the other for longer than silence is borne.
  for (let i = 0; i < 3; i++) await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'store' })
  expect(proxy.accepted()).toBe(dialled)
})

test.concurrent('of a Cluster the node that is silent is given up, and no other, by each library', async () => {
  await using proxied = await proxiedCluster()
  const { cluster } = proxied
  await Promise.all(cluster.nodes.map((node) => ask(node, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')))
  const scenes = placedLibraries.map((library) => sceneOn(library.cluster(proxied.nodes), { prefix: 'shards', timeout: '10s' }))
  await Promise.all(scenes.map((scene) => scene.ready()))
  const home = await cluster.ownerOf(await cluster.slotOf('{shards}'))
  const others = cluster.nodes.filter((node) => node !== home)
  const elsewhere = await Promise.all(others.map(ownConnections))
  proxied.proxyOf(home).blackHole()
  using time = ownTime()
  const deciders = await Promise.all(scenes.map(async ({ limiter }) => (await limiter.consume()).decidedBy))
  expect(deciders).toEqual(placedLibraries.map(() => 'local'))
  expect(time.nowMs()).toBeLessThanOrEqual(1000 + slackMs)
  expect(await Promise.all(others.map(ownConnections))).toEqual(elsewhere)
  await Promise.all(scenes.map((scene) => scene[Symbol.asyncDispose]()))
})
