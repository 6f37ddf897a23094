import { expect, test, vi } from 'vitest'
import { fakeTime, pass, providerOf } from '../../test/provider-scene.ts'
import { openaiDialect } from '../dialects/openai.ts'
import type { EgressEvent } from './egress-event.ts'

fakeTime()

const provider600 = (name = 'llm') => providerOf({ name, limits: { requests: { capacity: 600, per: '1m' } }, dialect: openaiDialect })
const limitOf = (limit: number) => ({ 'x-ratelimit-limit-requests': String(limit) })

test('a limit other than the configured one is an event, once for each change', async () => {
  const provider = provider600()
  const events: EgressEvent[] = []
  provider.observe((event) => event.type === 'allowance' && events.push(event))
  for (const limit of [600, 500, 500, 500, 550, 600, 700]) {
    const permit = await provider.acquire()
    permit.observe(limitOf(limit))
    permit.settle()
    await pass(10)
  }
  expect(events.map((event) => event.type === 'allowance' && event.allowed)).toEqual([500, 550, 600, 700])
  expect(events[0]).toEqual({ type: 'allowance', provider: expect.any(String), limit: 'requests', allowed: 500, configured: 600 })
})

test('a response that comes late tells of no change', async () => {
  const provider = provider600()
  const allowed: number[] = []
  provider.observe((event) => event.type === 'allowance' && allowed.push(event.allowed))
  const first = await provider.acquire()
  first.observe(limitOf(600))
  await pass(10)
  const [early, late] = [await provider.acquire(), await pass(10).then(() => provider.acquire())]
  late.observe(limitOf(500))
  early.observe(limitOf(600))
  expect(allowed).toEqual([500])
})

test('without a listener a lower limit is one warning, and a higher one is none', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const provider = provider600('llm-without-listener')
  for (const limit of [700, 500, 400]) {
    const permit = await provider.acquire()
    permit.observe(limitOf(limit))
    permit.settle()
    await pass(10)
  }
  expect(warned.mock.calls.map(([text]) => String(text).split('.')[0])).toEqual([
    'The account at llm-without-listener allows 500 requests in a window, and 600 are configured',
  ])
  warned.mockRestore()
})
