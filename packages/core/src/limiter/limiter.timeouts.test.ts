import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Limit } from '../limit.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { deferred } from '../testing/deferred.ts'
import { createLimiter } from './limiter.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: Limit<string> = { name: 'ip', by: (id) => id, rule }
const never = (): Promise<never> => new Promise(() => {})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const functions: readonly (readonly [string, Partial<Limit<string>>])[] = [
  ['by', { by: never }],
  ['rule', { rule: never }],
  ['cost', { cost: never }],
  ['when', { when: never }],
]

describe.each(functions)('a %s function that never answers', (name, wrong) => {
  const fault = { code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: name, name: 'user', timeoutMs: 200 } }

  test.each(['throw', 'deny', 'allow'] as const)('is a fault at its time, where faults %s', async (onFault) => {
    const published: unknown[] = []
    const limiter = createLimiter<string>({ limits: [ip, { ...ip, name: 'user', ...wrong }], onFault, functionTimeout: '200ms' })
    limiter.observe((event) => event.type === 'fault' && published.push(event.error))
    const answer = Promise.resolve(limiter.consume('ann'))
    const failed = vi.fn()
    answer.catch(failed)
    await vi.advanceTimersByTimeAsync(199)
    expect(published).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(published).toMatchObject([fault])
    if (onFault === 'throw') expect(failed.mock.calls).toMatchObject([[fault]])
    else expect((await answer).outcome).toBe(onFault === 'deny' ? 'unavailable' : 'allowed')
    expect((await limiter.inspect('ip', 'ann'))?.remaining).toBe(onFault === 'allow' ? 9 : undefined)
    // The memory store sweeps by a timer of its own.
    await limiter.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('functions that answer at once need no timer, and those that answer in time leave none', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const atOnce = createLimiter<string>({ limits: [{ ...ip, when: () => true, cost: () => 1, rule: () => rule }] })
  void atOnce.consume('ann')
  const started = (): number => timers.mock.calls.filter(([, ms]) => ms === 5000).length
  expect(started()).toBe(0)
  const { promise, resolve } = deferred<string>()
  const late = createLimiter<string>({ limits: [{ ...ip, by: () => promise }] })
  const answer = late.consume('ann')
  resolve('ann')
  expect((await answer).allowed).toBe(true)
  await Promise.all([atOnce.close(), late.close()])
  expect([started(), vi.getTimerCount()]).toEqual([1, 0])
  vi.restoreAllMocks()
})

test('is 5 s unless said otherwise, and holds after an update', async () => {
  const limiter = createLimiter<string>({ limits: [ip] })
  await limiter.update([{ ...ip, by: never }])
  const failed = vi.fn()
  Promise.resolve(limiter.consume('ann')).catch(failed)
  await vi.advanceTimersByTimeAsync(4999)
  expect(failed).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2)
  expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'SLUICE_FUNCTION_TIMEOUT' }))
})

test.each([['soon'], [0], ['11m']])('a functionTimeout of %j is refused at the start', (functionTimeout) => {
  expect(() => createLimiter({ limits: [ip], functionTimeout } as never)).toThrow(/functionTimeout/)
})
