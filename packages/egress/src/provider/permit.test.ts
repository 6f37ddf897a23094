import { createLimiter, tokenBucket } from '@sluice/core'
import { expect, test } from 'vitest'
import { fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { SLUICE_EGRESS_DEPTH } from '../errors.ts'
import { EgressRefusal, egressRefusalOf } from '../refusal.ts'
import type { Budget } from './budget.ts'
import type { ProviderOptions } from './options.ts'

fakeTime()

test('settling returns what was not used, once; the next call goes at once', async () => {
  const provider = providerOf({
    limits: { requests: { capacity: 10, per: '1m' }, tokens: { capacity: 100, per: '1m' } },
    queue: { wait: '1h' },
  })
  const { ends, call } = outcomes(provider)
  const permit = await call({ cost: { tokens: 90 } })
  void call({ cost: { tokens: 80 } })
  await pass(10)
  expect(ends).toEqual([0, 'waiting'])
  permit?.settle({ tokens: 15 })
  permit?.settle({ tokens: 0 })
  permit?.cancel()
  await pass(0)
  expect(ends).toEqual([0, 10])
  void call({ cost: { tokens: 6 } })
  await pass(10)
  expect(ends).toEqual([0, 10, 'waiting'])
})

test('using more than the estimate is charged where it was used', async () => {
  const provider = providerOf({ limits: { tokens: { capacity: 100, per: '1s' } } })
  const { ends, call } = outcomes(provider)
  const permit = await call({ cost: { tokens: 10 } })
  permit?.settle({ tokens: 100 })
  void call({ cost: { tokens: 1 } })
  await pass(1099)
  expect(ends).toEqual([0, 'waiting'])
  await pass(1)
  expect(ends).toEqual([0, 1100])
})

test('a settlement that is no number throws, and the permit can still be settled', async () => {
  const provider = providerOf({ concurrency: 1 })
  const permit = await provider.acquire()
  expect(() => permit.settle({ requests: Number.NaN })).toThrow('SLUICE_COST')
  permit.settle()
  expect(provider.snapshot().inFlight).toBe(0)
})

test('a permit that is never settled gives its slot back after its time', async () => {
  const provider = providerOf({ concurrency: 1, permitTtl: '3s' })
  const faults: string[] = []
  provider.observe((event) => event.type === 'fault' && faults.push(event.error.code))
  const { ends, call } = outcomes(provider)
  void call()
  void call()
  await pass(3000)
  expect(ends).toEqual([0, 3000])
  expect(faults).toEqual(['SLUICE_EGRESS_PERMIT'])
})

test('a call that is tried again goes to the head of the line', async () => {
  const { ends, call } = outcomes(providerOf())
  for (let i = 0; i < 4; i++) void call()
  await pass(100)
  void call({ again: true })
  await pass(1000)
  expect(ends).toEqual([0, 0, 1100, 'waiting', 1000])
})

test('a 429 blocks every call for as long as it says, and no longer', async () => {
  const { ends, call } = outcomes(providerOf({ limits: { requests: { capacity: 10, per: '1s' } } }))
  const permit = await call()
  permit?.observe({ 'retry-after': '3' }, 429)
  void call()
  await pass(2999)
  expect(ends).toEqual([0, 'waiting'])
  await pass(1)
  expect(ends).toEqual([0, 3000])
})

test('enforcement auto keeps a distance after a 429 that no window explains', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 10, per: '1s' } }, enforcement: 'auto' })
  const seen: string[] = []
  provider.observe(({ type }) => seen.push(type))
  const { ends, call } = outcomes(provider)
  const permit = await call()
  permit?.observe({ 'retry-after-ms': '100' }, 429)
  for (let i = 0; i < 3; i++) void call()
  await pass(1000)
  expect(ends).toEqual([0, 100, 300, 500])
  expect(seen.filter((type) => type !== 'sent')).toEqual(['limited', 'paced'])
})

test('a budget is reserved on entering, returned on a refusal, and settled with the permit', async () => {
  const limiter = createLimiter<string>({
    limits: [{ name: 'tokens', by: (user) => user, rule: tokenBucket({ capacity: 100, per: '1d' }) }],
  })
  const provider = providerOf({
    limits: { tokens: { capacity: 1000, per: '1s' } },
    budget: { limiter, cost: ({ tokens }) => ({ tokens: tokens! }) },
  })
  const left = async () => (await limiter.inspect('tokens', 'ada'))?.remaining
  const permit = await provider.acquire({ caller: 'ada', cost: { tokens: 80 } })
  expect(await left()).toBe(20)
  const refused: unknown = await provider.acquire({ caller: 'ada', cost: { tokens: 30 } }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'SLUICE_EGRESS_BUDGET', scope: 'caller' })
  permit.settle({ tokens: 10 })
  await pass(0)
  expect(await left()).toBe(90)
  const stop = new AbortController()
  for (let i = 0; i < 2; i++) void provider.acquire({ cost: { tokens: 480 } })
  const aborted = provider.acquire({ caller: 'ada', cost: { tokens: 50 }, signal: stop.signal }).catch((error: unknown) => error)
  await pass(0)
  expect(await left()).toBe(40)
  stop.abort(new Error('gone'))
  await aborted
  expect(await left()).toBe(90)
})

test('a refusal is found in the causes of what a library throws', () => {
  const refusal = new EgressRefusal(SLUICE_EGRESS_DEPTH, { provider: 'llm', retryAfterMs: 100, scope: 'provider' })
  const wrapped = new TypeError('fetch failed', { cause: new Error('inner', { cause: refusal }) })
  expect(egressRefusalOf(wrapped)).toBe(refusal)
  const circle = new Error('a')
  circle.cause = circle
  expect(egressRefusalOf(circle)).toBeUndefined()
  expect(egressRefusalOf('text')).toBeUndefined()
})

test('two calls of one tick do not both take the last place of the queue, though their budgets are reserved first', async () => {
  const limiter = createLimiter<string>({
    limits: [{ name: 'calls', by: (user) => user, rule: tokenBucket({ capacity: 100, per: '1d' }) }],
  })
  const provider = providerOf({ queue: { depth: 1 }, budget: { limiter, cost: () => ({}) } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 5; i++) void call({ caller: 'ada' })
  await pass(0)
  expect(ends.toSorted()).toEqual([0, 0, 'SLUICE_EGRESS_DEPTH', 'SLUICE_EGRESS_DEPTH', 'waiting'])
  expect(provider.snapshot().waiting).toBe(1)
  expect((await limiter.inspect('calls', 'ada'))?.remaining).toBe(97)
})

const budgetOf = (cost: Budget['cost'], by: (user: string) => string | Promise<string> = (user) => user) => {
  const limiter = createLimiter<string>({ limits: [{ name: 'tokens', by, rule: tokenBucket({ capacity: 100, per: '1d' }) }] })
  return { limiter, cost }
}

test('a call that is aborted while its budget is reserved is never sent, and gives the budget back', async () => {
  const slowly = async (user: string): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return user
  }
  const budget = budgetOf(({ tokens = 0 }) => ({ tokens }), slowly)
  const { ends, call } = outcomes(providerOf({ limits: { tokens: { capacity: 1000, per: '1s' } }, budget }))
  const stop = new AbortController()
  void call({ caller: 'ada', cost: { tokens: 80 }, signal: stop.signal })
  await pass(10)
  stop.abort(new Error('gone'))
  await pass(100)
  expect(ends).toEqual(['gone'])
  expect((await budget.limiter.inspect('tokens', 'ada'))?.remaining ?? 100).toBe(100)
})

test.each<[string, Partial<ProviderOptions>]>([
  ['SLUICE_EGRESS_SETTLE', { budget: budgetOf(({ tokens = 0 }) => ({ tokens: tokens / 2 })) }],
  ['SLUICE_EGRESS_DIALECT', { dialect: { quota: () => [{ limit: 'tokens', capacity: Number.NaN }] } }],
  [
    'SLUICE_EGRESS_DIALECT',
    {
      dialect: {
        quota: () => {
          throw new Error('of the dialect')
        },
      },
    },
  ],
])('a function of the application that fails after the response is a fault, and spoils nothing: %s', async (code, options) => {
  const provider = providerOf({ limits: { tokens: { capacity: 10, per: '1s' } }, queue: { wait: 0 }, ...options })
  const faults: string[] = []
  provider.observe((event) => event.type === 'fault' && faults.push(event.error.code))
  const permit = await provider.acquire({ caller: 'ada', cost: { tokens: 8 } })
  permit.observe({}, 200)
  permit.settle({ tokens: 7 })
  await pass(0)
  expect(faults).toEqual([code])
  const { ends, call } = outcomes(provider)
  await call({ cost: { tokens: 4 } })
  await call({ cost: { tokens: 3 } })
  expect(ends).toEqual(['SLUICE_EGRESS_WAIT', 0])
})

test('a budget whose store does not answer is an outage, and no fault of the caller', async () => {
  const reserve = async () => ({ decision: { allowed: false, outcome: 'unavailable', retryAfterMs: 700, refusedBy: ['tokens'] } })
  const limiter = { reserve } as unknown as Budget['limiter']
  const refused: unknown = await providerOf({ budget: { limiter } })
    .acquire({ caller: 'ada' })
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'SLUICE_EGRESS_OUTAGE', scope: 'provider', status: 503, retryAfterMs: 700 })
})
