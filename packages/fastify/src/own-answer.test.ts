/** What `onRefused` answers, or does not. */
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyReply } from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 1, per: '1h' })
const ok = async (): Promise<string> => 'ok'

test('a request that `onRefused` leaves without an answer is answered by sluice, with a warning', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const waiting: FastifyReply[] = []
  const app = Fastify()
  app.register(sluice, {
    limits: [{ name: 'ip', rule, initial: 0 }],
    onRefused: (_request, reply, _refused, _next) => void waiting.push(reply),
  })
  app.get('/', ok)
  await app.ready()
  const reply = app.inject('/')
  await expect.poll(() => waiting.length).toBe(1)
  vi.advanceTimersByTime(5000)
  expect(warned.mock.calls.map(([, options]) => options)).toMatchObject([{ code: 'SLUICE_UNANSWERED' }])
  expect(await reply).toMatchObject({ statusCode: 429, headers: { 'retry-after': '3600' } })
  expect((await reply).json()).toMatchObject({ title: 'Quota Exceeded' })
})

test.each([
  ['a redirect', (reply: FastifyReply) => reply.redirect('/slow'), 302],
  ['an error', (reply: FastifyReply) => reply.send(Object.assign(new Error('busy'), { statusCode: 420 })), 420],
  ['an error that is thrown', () => Promise.reject(Object.assign(new Error('busy'), { statusCode: 420 })), 420],
])('%s by `onRefused` keeps its own status', async (_what, answer, status) => {
  const app = Fastify()
  app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }], onRefused: (_request, reply) => answer(reply) })
  app.get('/', ok)
  expect((await app.inject('/')).statusCode).toBe(status)
})

test('a request that is refused when the head of its response has been sent loses its connection', async () => {
  const app = Fastify()
  app.addHook('onRequest', async (_request, reply) => void reply.raw.write('early '))
  app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }] })
  app.get('/', ok)
  onTestFinished(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await expect(fetch(url).then((reply) => reply.text())).rejects.toThrow()
})
