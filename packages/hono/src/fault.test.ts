import { tokenBucket } from '@sluice/core'
import { Hono } from 'hono'
import { beforeEach, expect, test, vi } from 'vitest'
import { sluice } from './middleware.ts'

const by = (): never => {
  throw new Error('secret of the application')
}
const guard = sluice({ limits: [{ name: 'shards-of-acme', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
const problem = { type: 'about:blank', title: 'Internal Server Error', status: 500, code: 'SLUICE_FUNCTION' }

let printed: ReturnType<typeof vi.spyOn>

beforeEach(() => {
  vi.restoreAllMocks()
  printed = vi.spyOn(console, 'error').mockImplementation(() => {})
})

test('the error handler of Hono itself answers with the code, and the error is printed once', async () => {
  const reply = await new Hono().use(guard).request('/')
  expect([reply.status, reply.headers.get('content-type'), await reply.json()]).toEqual([500, 'application/problem+json', problem])
  expect(reply.headers.get('cache-control')).toBe('no-store')
  expect(printed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ facts: { function: 'by', name: 'shards-of-acme' } }))
})

test('an error handler of the application comes first', async () => {
  const app = new Hono().use(guard)
  app.onError((error, c) => c.text(`handled ${'code' in error && error.code}`, 502))
  const reply = await app.request('/')
  expect([reply.status, await reply.text()]).toEqual([502, 'handled SLUICE_FUNCTION'])
  expect(printed).not.toHaveBeenCalled()
})

test('an error handler of an application further in comes first', async () => {
  const inner = new Hono().use(guard)
  inner.onError((_error, c) => c.text('handled', 502))
  const reply = await new Hono().route('/inner', inner).request('/inner')
  expect([reply.status, await reply.text()]).toEqual([502, 'handled'])
})
