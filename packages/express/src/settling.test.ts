import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { failuresOnly, type HttpLimit, type ResponseFacts } from '@sluice/http'
import express5, { type Express, type Request, type RequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { bind } from './bind.ts'
import { sluice } from './middleware.ts'
import type { ExpressGuard } from './options.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const byAll = { by: () => 'all', rule }

async function left(guard: ExpressGuard, name: string): Promise<number> {
  return (await guard.admin.inspect(name, 'all'))?.remaining ?? 10
}

/** A limit that remembers every end of a response it is told of. */
function watched(): { readonly limit: HttpLimit<Request>; readonly ends: { status: number; aborted: boolean }[] } {
  const ends: { status: number; aborted: boolean }[] = []
  const settle = ({ status, aborted }: ResponseFacts): number => {
    ends.push({ status, aborted })
    return 0
  }
  return { limit: { name: 'watched', ...byAll, settle }, ends }
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

  describe('the end of a response', () => {
    test.each([
      ['a plain response', 'GET', { status: 200, aborted: false }],
      ['an error', 'POST', { status: 500, aborted: false }],
      ['HEAD', 'HEAD', { status: 200, aborted: false }],
    ])('is seen after %s', async (_what, method, end) => {
      const { limit, ends } = watched()
      const { url } = await site(
        sluice({ limits: [limit] }),
        (request, response) => void response.status(request.method === 'POST' ? 500 : 200).send('ok'),
      )
      await fetch(url, { method })
      await expect.poll(() => ends).toEqual([end])
    })

    test('is seen when a stream has ended, not before', async () => {
      const { limit, ends } = watched()
      let close: () => void = () => undefined
      const { url } = await site(sluice({ limits: [limit] }), (_request, response) => {
        response.write('data: 1\n\n')
        close = () => void response.end()
      })
      const response = await fetch(url)
      expect(ends).toEqual([])
      close()
      await response.text()
      await expect.poll(() => ends).toEqual([{ status: 200, aborted: false }])
    })

    test('is seen when the client hangs up in the middle', async () => {
      const { limit, ends } = watched()
      const { connect } = await site(sluice({ limits: [limit] }), (_request, response) => void response.write('data: 1\n\n'))
      const socket = await connect()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
      await expect.poll(() => ends).toEqual([{ status: 200, aborted: true }])
    })

    test('is seen when the client hangs up while it uploads', async () => {
      const { limit, ends } = watched()
      let arrived: () => void = () => undefined
      const here = new Promise<void>((resolve) => (arrived = resolve))
      const { connect } = await site(sluice({ limits: [limit] }), () => arrived())
      const socket = await connect()
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbeginning')
      await here
      socket.destroy()
      await expect.poll(() => ends).toMatchObject([{ aborted: true }])
    })

    test('is seen when the client has gone before the decision was there', async () => {
      const { limit, ends } = watched()
      let decide: (key: string) => void = () => undefined
      const slow: HttpLimit<Request> = { ...limit, by: () => new Promise<string>((resolve) => (decide = resolve)) }
      let gone = false
      const guard = sluice({ limits: [slow] })
      const watch: RequestHandler = (_request, response, next) => {
        response.once('close', () => {
          gone = true
        })
        next()
      }
      const { connect } = await site([watch, guard], () => undefined)
      const socket = await connect()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await expect.poll(() => decide.length).toBe(1)
      socket.destroy()
      await expect.poll(() => gone).toBe(true)
      decide('all')
      await expect.poll(() => ends).toMatchObject([{ aborted: true }])
      expect(await left(guard, 'watched')).toBe(10)
    })

    test('is seen by a stage that was decided after it', async () => {
      const { limit, ends } = watched()
      let decide: (key: string) => void = () => undefined
      const guard = sluice({ limits: [limit] })
      const late = guard.with({ limits: [{ ...limit, name: 'late', by: () => new Promise<string>((resolve) => (decide = resolve)) }] })
      const { connect } = await site([guard, late], () => undefined)
      const socket = await connect()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await expect.poll(() => decide.length).toBe(1)
      socket.destroy()
      await expect.poll(() => ends.length).toBe(1)
      decide('all')
      await expect.poll(() => left(guard, 'late')).toBe(10)
      expect(await left(guard, 'watched')).toBe(10)
    })

    test('is seen of every request of a pipeline whose client has gone', async () => {
      const { limit, ends } = watched()
      const { connect } = await site(sluice({ limits: [limit] }), () => undefined)
      const socket = await connect()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(8))
      await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 50))
      socket.destroy()
      await expect.poll(() => ends).toEqual(Array(8).fill({ status: 200, aborted: true }))
    })

    test('is seen of every request of a pipeline on a connection that goes on', async () => {
      const { limit, ends } = watched()
      const { connect } = await site(sluice({ limits: [limit] }), (_request, response) => void setTimeout(() => response.send('ok'), 5))
      const socket = await connect()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
      await expect.poll(() => ends).toEqual(Array(3).fill({ status: 200, aborted: false }))
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await expect.poll(() => ends.length).toBe(4)
      socket.destroy()
    })

    test('is seen although a later stage failed', async () => {
      const { limit, ends } = watched()
      const app = express()
      const limiter = createLimiter<string>({ limits: [{ name: 'never', by: (id) => id, rule }] })
      const fails = bind(limiter, () => {
        throw new Error('no subject')
      })
      app.use(sluice({ limits: [limit], limiter: fails }))
      app.use(((_error, _request, response, _next) => void response.status(500).end()) as express5.ErrorRequestHandler)
      const { url } = await serve(app)
      expect((await fetch(url)).status).toBe(500)
      await expect.poll(() => ends).toEqual([{ status: 500, aborted: false }])
    })
  })
})
