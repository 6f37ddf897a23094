import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { sluice } from './middleware.ts'
import type { HonoGuard } from './options.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })

async function left(guard: HonoGuard): Promise<number> {
  return (await guard.admin.inspect('late', 'all'))?.remaining ?? 10
}

describe('a Worker', () => {
  const settledLate: HttpLimit = {
    name: 'late',
    by: () => 'all',
    rule,
    settle: () => new Promise((resolve) => setImmediate(() => resolve(3))),
  }

  test('is asked to wait for what is settled after its response', async () => {
    const awaited: Promise<unknown>[] = []
    const context = { waitUntil: (work: Promise<unknown>) => void awaited.push(work), passThroughOnException: () => undefined, props: {} }
    const guard = sluice({ limits: [settledLate] })
    const app = new Hono().use(guard).get('/', (c) => c.text('ok'))
    const response = await app.request('/', {}, {}, context)
    expect(awaited).toEqual([])
    await response.text()
    expect([awaited.length, await left(guard)]).toEqual([1, 9])
    await Promise.all(awaited)
    expect(await left(guard)).toBe(7)
  })

  test('that has no such thing settles as it can', async () => {
    const guard = sluice({ limits: [settledLate] })
    const app = new Hono().use(guard).get('/', (c) => c.text('ok'))
    await (await app.request('/')).text()
    await expect.poll(() => left(guard)).toBe(7)
  })
})
