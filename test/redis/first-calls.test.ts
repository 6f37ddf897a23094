/** The first calls wait for the first connection, and no longer than their own `timeout`. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision } from '@sluice/core'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { freePort, startProxy, startRedis, type TcpProxy } from '../servers/index.ts'
import { mainLibraries } from './clients.ts'
import { ownTime } from './own-time.ts'
import { type Scene, sceneOn } from './scene.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

/** What an answer takes beside the wait. */
const slackMs = 50

/** Calls at once, and then one every 20 ms. @returns who decided, and the milliseconds that the slowest took as this process lived through them */
async function firstCalls({ limiter }: Scene, forMs: number): Promise<{ readonly by: Set<string>; readonly slowestMs: number }> {
  using time = ownTime()
  let slowestMs = 0
  const call = async (): Promise<Decision['decidedBy']> => {
    const sentMs = time.nowMs()
    const { decidedBy } = await limiter.consume()
    slowestMs = Math.max(slowestMs, time.nowMs() - sentMs)
    return decidedBy
  }
  const calls = Array.from({ length: 20 }, call)
  for (let ms = 0; ms < forMs; ms += 20) {
    await sleep(20)
    calls.push(call())
  }
  return { by: new Set(await Promise.all(calls)), slowestMs }
}

interface Lateness {
  readonly how: string
  begin(proxy: TcpProxy): void
  end(proxy: TcpProxy): Promise<void>
}

describe.each(mainLibraries)('on $library', ({ one }) => {
  test.each<Lateness>([
    { how: 'refuses connections at first', begin: (proxy) => proxy.refuse(), end: (proxy) => proxy.heal() },
    { how: 'accepts connections and is silent at first', begin: (proxy) => proxy.delay(Infinity), end: (proxy) => proxy.heal() },
    { how: 'is far away', begin: (proxy) => proxy.delay(40), end: async () => {} },
  ])('a server that $how answers them', async ({ begin, end }) => {
    const timeoutMs = 2000
    await using proxy = await startProxy(redis)
    begin(proxy)
    await using scene = sceneOn(one({ port: proxy.port }), { timeout: `${timeoutMs}ms`, onOutage: 'deny' })
    const calls = firstCalls(scene, 300)
    await sleep(200)
    await end(proxy)
    const { by, slowestMs } = await calls
    expect(by).toEqual(new Set(['store']))
    expect(slowestMs).toBeLessThanOrEqual(timeoutMs + slackMs)
  })

  test('a server that starts late answers them', async () => {
    const timeoutMs = 15_000
    const port = await freePort()
    await using proxy = await startProxy({ host: '127.0.0.1', port })
    await using scene = sceneOn(one({ port: proxy.port }), { timeout: `${timeoutMs}ms`, onOutage: 'deny' })
    const calls = firstCalls(scene, 300)
    await sleep(100)
    await using _server = await startRedis({ port })
    const { by, slowestMs } = await calls
    expect(by).toEqual(new Set(['store']))
    expect(slowestMs).toBeLessThanOrEqual(timeoutMs + slackMs)
  })

  test('a server that is silent for longer keeps them for one timeout, and they begin no outage', async () => {
    const printed = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const timeoutMs = 500
    await using proxy = await startProxy(redis)
    proxy.delay(Infinity)
    await using scene = sceneOn(one({ port: proxy.port }), { timeout: `${timeoutMs}ms` })
    const { by, slowestMs } = await firstCalls(scene, 0)
    expect(by).toEqual(new Set(['local']))
    expect(slowestMs).toBeLessThanOrEqual(timeoutMs + slackMs)
    await proxy.heal()
    await scene.ready()
    expect(printed).not.toHaveBeenCalled()
    printed.mockRestore()
  })
})
