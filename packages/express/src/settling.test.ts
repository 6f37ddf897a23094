import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { failuresOnly } from '@sluice/http'
import express5, { type Express, type RequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { byAll, watched } from '../test/watched.ts'
import { sluice } from './middleware.ts'
import type { ExpressGuard } from './options.ts'
import { bind } from './options.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })

async function left(guard: ExpressGuard, name: string): Promise<number> {
  return (await guard.admin.inspect(name, 'all'))?.remaining ?? 10
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_version, express) => {
  const site = async (guard: RequestHandler | RequestHandler[], handler: RequestHandler): Promise<Awaited<ReturnType<typeof serve>>> => {
    const app: Express = express()
    app.use(guard)
    app.use(handler)
    return serve(app)
  }

  test('failures only are charged', async () => {
    const guard = sluice({ limits: [{ name: 'failures', ...byAll, settle: failuresOnly }] })
    const { url } = await site(guard, (request, response) => void response.status(request.url === '/bad' ? 401 : 200).end())
    await fetch(`${url}/good`)
    await expect.poll(() => left(guard, 'failures')).toBe(10)
    await fetch(`${url}/bad`)
    await expect.poll(() => left(guard, 'failures')).toBe(9)
  })

  test('a settlement may read the response', async () => {
    const guard = sluice({ limits: [{ name: 'units', ...byAll, settle: (response) => Number(response.header('X-Units')) }] })
    const { url } = await site(guard, (_request, response) => void response.set('x-units', '4').send('ok'))
    await fetch(url)
    await expect.poll(() => left(guard, 'units')).toBe(6)
  })

  test('a limit that debits after is charged once by a chain of guards', async () => {
    const guard = sluice({ limits: [{ name: 'after', ...byAll, debit: 'after' }] })
    const { url } = await site([guard, guard.with({ cost: 3 }), guard], (_request, response) => void response.send('ok'))
    await fetch(url)
    await expect.poll(() => left(guard, 'after')).toBe(7)
  })

  test('the innermost guard says how a limit of the chain is settled', async () => {
    const guard = sluice({ limits: [{ name: 'chain', ...byAll }] })
    const { url } = await site([guard, guard.with({ cost: 4, settle: () => 2 })], (_request, response) => void response.send('ok'))
    await fetch(url)
    await expect.poll(() => left(guard, 'chain')).toBe(8)
  })

  test('a handler that says what it used is believed, once for the whole chain', async () => {
    const guard = sluice({ limits: [{ name: 'chain', ...byAll }] })
    const { url } = await site([guard, guard.with({ cost: 4 })], async (request, response) => {
      await request.sluice.settle(6)
      response.send('ok')
    })
    await fetch(url)
    expect(await left(guard, 'chain')).toBe(4)
  })

  test('a limiter of the application is settled once, however many guards ask it', async () => {
    const limiter = createLimiter<string>({
      limits: [
        { name: 'jobs', by: (id) => id, rule },
        { name: 'calls', by: (id) => id, rule, cost: 1 },
      ],
    })
    const guard = sluice({ limits: [], limiter: bind(limiter, () => 'all') })
    const { url } = await site([guard, guard.with({ cost: 4 })], async (request, response) => {
      await request.sluice.settle(request.url === '/little' ? 2 : 6)
      response.send('ok')
    })
    await fetch(url)
    expect([limiter.inspect('jobs', 'all')?.remaining, limiter.inspect('calls', 'all')?.remaining]).toEqual([4, 9])
    await fetch(`${url}/little`)
    expect([limiter.inspect('jobs', 'all')?.remaining, limiter.inspect('calls', 'all')?.remaining]).toEqual([2, 8])
  })

  test('one name in two stores is settled in both', async () => {
    const one = sluice({ limits: [{ name: 'same', ...byAll }] })
    const other = sluice({ store: memoryStore(), limits: [{ name: 'same', ...byAll }] })
    const { url } = await site([one, other], async (request, response) => {
      await request.sluice.settle(3)
      response.send('ok')
    })
    await fetch(url)
    expect([await left(one, 'same'), await left(other, 'same')]).toEqual([7, 7])
  })

  test('a handler that says nonsense is told so', async () => {
    const { limit } = watched()
    const errors: unknown[] = []
    const { url } = await site(sluice({ limits: [limit] }), (request, response) => {
      try {
        void request.sluice.settle(Number.NaN)
      } catch (error) {
        errors.push(error)
      }
      response.send('ok')
    })
    await fetch(url)
    expect(errors).toMatchObject([{ code: 'SLUICE_COST' }])
  })

  test('a settlement that fails keeps the estimate, and is observed', async () => {
    const faults: unknown[] = []
    const settle = (): number => {
      throw new Error('no figures')
    }
    const guard = sluice({
      limits: [{ name: 'failing', ...byAll, settle }],
      observe: (event) => void (event.type === 'fault' && faults.push(event.error)),
    })
    const { url } = await site(guard, (_request, response) => void response.send('ok'))
    await fetch(url)
    await expect.poll(() => faults).toMatchObject([{ code: 'SLUICE_FUNCTION' }])
    expect(await left(guard, 'failing')).toBe(9)
  })
})
