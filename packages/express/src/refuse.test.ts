import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express5, { type Request } from 'express'
import express4 from 'express4'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit<Request> => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_version, express) => {
  test('`onRefused` answers in place of sluice, with the headers already set', async () => {
    const app = express()
    app.use(sluice({ limits: [hourly('ip', 1)], onRefused: (_request, response, refused) => response.json({ slow: refused.refusedBy }) }))
    const { url } = await serve(app)
    await fetch(url)
    const refused = await fetch(url)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('3600')
    expect(refused.headers.get('content-type')).toContain('application/json')
    expect(await refused.json()).toEqual({ slow: ['ip'] })
  })

  test('`onRefused` may hand the request on, or fail later', async () => {
    const app = express()
    app.use('/on', sluice({ limits: [{ ...hourly('on', 1), cost: () => 2 }], onRefused: (_request, _response, _refused, next) => next() }))
    app.use('/fails', sluice({ limits: [{ ...hourly('fails', 1), cost: () => 2 }], onRefused: () => Promise.reject(new Error('no page')) }))
    app.get('/on', (_request, response) => void response.send('slow'))
    app.use(((_error, _request, response, _next) => void response.status(500).end()) as express5.ErrorRequestHandler)
    const { url } = await serve(app)
    expect(await (await fetch(`${url}/on`)).text()).toBe('slow')
    expect((await fetch(`${url}/fails`)).status).toBe(500)
  })

  test('a response that was sent while the decision was in flight is left alone', async () => {
    const app = express()
    let decided: (key: string) => void = () => undefined
    const passed: string[] = []
    app.use((_request, response, next) => {
      next()
      response.status(503).send('too slow')
    })
    app.use(sluice({ limits: [{ ...hourly('slow', 1), by: () => new Promise<string>((resolve) => (decided = resolve)) }] }))
    app.use((_request, _response) => void passed.push('handler'))
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(503)
    decided('key')
    await expect.poll(() => passed).toEqual(['handler'])
    expect((await fetch(url)).status).toBe(503)
    decided('key')
    expect((await fetch(url)).status).toBe(503)
  })
})

test.each<[how: string, onRefused: (response: express5.Response) => void, text: string]>([
  ['renders', (response) => response.status(418).render('slow.page'), 'a page'],
  ['sends as a file', (response) => response.sendFile(import.meta.filename), 'a file that is sent'],
])('a page that `onRefused` %s is waited for', async (_how, onRefused, text) => {
  const app = express5()
  app.set('view', PageView)
  app.use(sluice({ limits: [{ ...hourly('ip', 1), cost: () => 2 }], onRefused: (_request, response) => onRefused(response) }))
  expect(await (await fetch((await serve(app)).url)).text()).toContain(text)
})

/** A view without a file. */
class PageView {
  readonly path = 'slow.page'
  render(_options: object, done: (error: null, page: string) => void): void {
    setTimeout(() => done(null, 'a page'), 20)
  }
}

describe('a request that `onRefused`', () => {
  let warned: MockInstance
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  })
  afterEach(() => void vi.useRealTimers())

  const refusing = { limits: [{ ...hourly('ip', 1), cost: () => 2 }] }

  // First, since a warning is given once.
  test('answers or hands on draws no warning', async () => {
    const app = express5()
    app.use('/on', sluice({ ...refusing, onRefused: (_request, _response, _refused, next) => void setImmediate(next) }))
    app.use('/on', (_request, response) => void setImmediate(() => response.send('on')))
    app.use('/answers', sluice({ ...refusing, onRefused: async (_request, response) => response.send('slow') }))
    const { url } = await serve(app)
    expect([await (await fetch(`${url}/on`)).text(), await (await fetch(`${url}/answers`)).text()]).toEqual(['on', 'slow'])
    vi.advanceTimersByTime(5000)
    expect(warned).not.toHaveBeenCalled()
  })

  test('leaves without an answer is answered by sluice, and what comes later is ignored', async () => {
    const app = express5()
    const answers: (() => void)[] = []
    app.use(sluice({ ...refusing, onRefused: async (_request, _response, _refused, next) => answers.push(next) }))
    app.use((_request, response) => void response.send('at last'))
    const { url } = await serve(app)
    const reply = fetch(url)
    await expect.poll(() => answers.length).toBe(1)
    await new Promise(setImmediate)
    vi.advanceTimersByTime(1000)
    expect(warned.mock.calls.map(([, options]) => options)).toMatchObject([{ code: 'SLUICE_UNANSWERED' }])
    answers[0]!()
    expect((await reply).status).toBe(429)
    expect(await (await reply).json()).toMatchObject({ status: 429 })
  })

  test('hands on to a handler late keeps what other middleware has written', async () => {
    const app = express5()
    app.use((_request, response, next) => {
      response.status(206).set('cache-control', 'private')
      next()
    })
    app.use(sluice({ ...refusing, onRefused: (_request, _response, _refused, next) => setImmediate(next) }))
    app.use((_request, response) => void response.send('on'))
    const reply = await fetch((await serve(app)).url)
    expect([reply.status, reply.headers.get('cache-control'), reply.headers.get('retry-after')]).toEqual([206, 'private', null])
  })
})

describe('a request that is refused when the head of its response has been sent', () => {
  const early = (app: express5.Express): void => {
    app.use((_request, response, next) => {
      response.write('early ')
      next()
    })
    app.use(sluice({ limits: [{ ...hourly('ip', 1), cost: () => 2 }] }))
  }

  test('goes to the error handler of the application', async () => {
    const app = express5()
    early(app)
    app.use(((error, _request, response, _next) => void response.end(error.code)) as express5.ErrorRequestHandler)
    expect(await (await fetch((await serve(app)).url)).text()).toBe('early SLUICE_EARLY_HEAD')
  })

  test('loses its connection where the application has none', async () => {
    const app = express5().set('env', 'test')
    early(app)
    const reply = await fetch((await serve(app)).url)
    await expect(reply.text()).rejects.toThrow()
  })
})
