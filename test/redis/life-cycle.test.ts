/** The connection of the store: shared by all that is made of one client, never what keeps a process alive, with the client's credentials. */
import { spawn } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createLimiter, tokenBucket } from '@sluice/core'
import { type RedisStoreOptions, redisPolicy, redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { ask, compiled, freePort, startCluster, startRedis, startSentinel } from '../servers/index.ts'
import { endClient, mainPlacedLibraries } from './clients.ts'

const [redis, cluster, trio] = await Promise.all([startRedis(), startCluster(), startSentinel()])
afterAll(() => Promise.all([redis, cluster, trio].map((part) => part.stop())))

/** Runs a program that does these orders one after the other. @returns what it printed, after it has ended by itself */
async function run(place: string, library: string, orders: readonly string[]): Promise<string> {
  const program = await compiled(fileURLToPath(new URL('end-of-process.ts', import.meta.url)))
  // It needs no library that is compiled for it.
  const env = { ...process.env, SLUICE_EVERY_CLIENT: '' }
  const child = spawn(process.execPath, [program, place, library, ...orders], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(`${out.trim()} ${code ?? signal}`)))
}

/** The orders of one place, in one process for each library. @returns those that did not end by themselves, with what was printed */
async function wrongOrders(place: string, orders: readonly string[], which: readonly string[]): Promise<string[]> {
  const printed = await Promise.all(which.map((library) => run(place, library, orders)))
  return printed.flatMap((text, i) => (text === 'done 0' ? [] : [`${orders.join(', ')}, ${which[i]}: ${text}`]))
}

describe('a process ends whatever the order', () => {
  test('with one server', { timeout: 120_000 }, async () => {
    const orders = [
      'quit close',
      'close quit',
      'disconnect close',
      'quit call close',
      'quit connect call quit',
      'watch quit call',
      'lazy ready close quit',
    ]
    expect(await wrongOrders(String(redis.port), orders, ['ioredis 6', 'node-redis 6'])).toEqual([])
    const few = ['quit call close', 'close disconnect', 'watch quit call']
    expect(await wrongOrders(String(redis.port), few, ['ioredis 5', 'iovalkey', 'node-redis 5'])).toEqual([])
  })

  test('with a server that is away', { timeout: 120_000 }, async () => {
    const both = ['ioredis 5', 'ioredis 6', 'node-redis 6']
    expect(await wrongOrders(String(await freePort()), ['disconnect close', 'close disconnect', 'watch call disconnect'], both)).toEqual([])
  })

  test('with a Cluster, and with Sentinels that are there or away', { timeout: 120_000 }, async () => {
    const [nodes, sentinels] = [cluster.nodes, trio.sentinels].map((all) => all.map(({ port }) => port).join(','))
    expect(await wrongOrders(`cluster:${nodes}`, ['disconnect close', 'quit call'], ['ioredis 6', 'node-redis 6'])).toEqual([])
    expect(await wrongOrders(`sentinel:${sentinels}:${trio.name}`, ['close quit', 'quit call'], ['ioredis 6', 'node-redis 6'])).toEqual([])
    expect(await wrongOrders(`sentinel:${await freePort()}:none`, ['call disconnect'], ['ioredis 6'])).toEqual([])
  })
})

const limits = [{ name: 'ip', by: (ip: string) => ip, rule: tokenBucket({ capacity: 100, per: '1m' }) }]

describe.each(mainPlacedLibraries)('on $library', ({ one }) => {
  test('20 stores and policy sources of one client share one connection and its listeners', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    await using server = await startRedis()
    const client = one({ port: server.port })
    const stores = Array.from({ length: 20 }, (_, i) => redisStore(client, { processes: 1, prefix: `tenant-${i}`, timeout: '5s' }))
    const sources = Array.from({ length: 20 }, () => redisPolicy(client, 'limits'))
    await Promise.all(stores.map((store) => store.inspect({ name: 'ip' } as never, 'a', null)))
    const list = (await ask(server, 'CLIENT', 'LIST')).trim().split('\n')
    // The client, the store's connection, and the one that asks.
    expect(list.length).toBe(3)
    expect(list.filter((line) => / name=sluice /.test(line))).toHaveLength(1)
    expect((client as unknown as EventEmitter).listenerCount('end')).toBe(1)
    for (const one of stores.slice(1)) await one.close()
    await expect(stores[0]!.inspect({ name: 'ip' } as never, 'a', null)).resolves.toBeNull()
    await stores[0]!.close()
    for (const one of sources) await one.close()
    expect((client as unknown as EventEmitter).listenerCount('end')).toBe(0)
    await expect.poll(async () => (await ask(server, 'CLIENT', 'LIST')).trim().split('\n').length).toBe(2)
    expect(warned.mock.calls.map(([message]) => String(message)).filter((text) => /MaxListeners/.test(text))).toEqual([])
    warned.mockRestore()
    await endClient(client)
  })

  test.each<[how: string, options: (credentials: { password: string }) => RedisStoreOptions]>([
    ['that the client has now', () => ({})],
    ['of the hook', (credentials) => ({ credentials: async () => credentials })],
  ])('a connection that is lost comes back with the credentials %s', async (how, options) => {
    await using server = await startRedis({ args: ['--requirepass', 'old'] })
    const client = one({ port: server.port, password: 'old' })
    const credentials = { password: 'old' }
    const limiter = createLimiter<string>({ limits, store: redisStore(client, { processes: 1, timeout: '5s', ...options(credentials) }) })
    await expect(limiter.consume('a')).resolves.toMatchObject({ decidedBy: 'store' })
    const operator = new Redis({ port: server.port, password: 'old' })
    operator.on('error', () => {})
    if (how === 'of the hook') credentials.password = 'new'
    else (client as unknown as Redis).options.password = 'new'
    await operator.config('SET', 'requirepass', 'new')
    await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await expect.poll(async () => (await limiter.consume('a')).decidedBy, { timeout: 5000 }).toBe('store')
    await limiter.close()
    operator.disconnect()
    await endClient(client)
  })
})
