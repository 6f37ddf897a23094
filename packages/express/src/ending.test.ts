import { createLimiter, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express5, { type Express, type Request, type RequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { watched } from '../test/watched.ts'
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

    test('leaves no listener on a connection that goes on', async () => {
      const { limit, ends } = watched()
      const listeners: number[] = []
      const { connect } = await site(sluice({ limits: [limit] }), ({ socket }, response) => {
        listeners.push(socket.listenerCount('close'))
        response.send('ok')
      })
      const socket = await connect()
      for (let i = 1; i <= 20; i++) {
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await expect.poll(() => ends.length).toBe(i)
      }
      socket.destroy()
      expect(new Set(listeners).size).toBe(1)
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
