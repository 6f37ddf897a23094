import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { functionTime, functionTimeoutMs } from './deadlines.ts'
import { deferred } from './testing/deferred.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const facts = { function: 'by', name: 'user' }
const late = expect.objectContaining({ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { ...facts, timeoutMs: 100 } })

test('passes on an answer that comes in time, and leaves no timer', async () => {
  const { promise, resolve } = deferred<string>()
  const answer = functionTime('100ms').within(promise, facts)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(99)
  resolve('ada')
  expect(await answer).toBe('ada')
  expect(vi.getTimerCount()).toBe(0)
})

test('passes on why a function failed, or what is made of it, and leaves no timer', async () => {
  const time = functionTime('100ms')
  await expect(time.within(Promise.reject(new Error('boom')), facts)).rejects.toThrow('boom')
  expect(await time.within<unknown>(Promise.reject(new Error('boom')), facts, String)).toBe('Error: boom')
  const rethrow = (): never => {
    throw new Error('wrapped')
  }
  await expect(time.within(Promise.reject(new Error('boom')), facts, rethrow)).rejects.toThrow('wrapped')
  expect(vi.getTimerCount()).toBe(0)
})

test('is over at its time and not before, and leaves no timer', async () => {
  const answer = functionTime('100ms').within(new Promise(() => {}), facts)
  const failed = vi.fn()
  answer.catch(failed)
  await vi.advanceTimersByTimeAsync(99)
  expect(failed).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2)
  expect(failed).toHaveBeenCalledWith(late)
  expect(vi.getTimerCount()).toBe(0)
})

describe('what comes after the time is ignored', () => {
  test.each(['resolve', 'reject'] as const)('where the function %ss', async (how) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { promise, ...end } = deferred<never>()
    const made = vi.fn()
    const answer = functionTime('100ms').within(promise, facts, made)
    answer.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(200)
    end[how](new Error('late') as never)
    vi.useRealTimers()
    await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect([unhandled, made].map(({ mock }) => mock.calls)).toEqual([[], []])
    await expect(answer).rejects.toEqual(late)
  })
})

test('a thenable that is no promise is bounded as well', async () => {
  const silent = Object.fromEntries([['then', () => undefined]]) as unknown as PromiseLike<string>
  const answer = functionTime('100ms').within(silent, facts)
  answer.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(101)
  await expect(answer).rejects.toEqual(late)
})

test('one timer serves any number of answers', () => {
  const time = functionTime()
  for (let i = 0; i < 1000; i++) void time.within(new Promise(() => {}), facts)
  expect(vi.getTimerCount()).toBe(1)
})

test('keeps no process alive', () => {
  const source = new URL('deadlines.ts', import.meta.url).href
  const program = `import { functionTime } from ${JSON.stringify(source)}; void functionTime('10m').within(new Promise(() => {}), {}); console.log('end')`
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect([stdout.trim(), status]).toEqual(['end', 0])
}, 70_000)

test.each([
  ['soon', 'SLUICE_DURATION'],
  [0, 'SLUICE_DURATION'],
  [-1, 'SLUICE_DURATION'],
  ['11m', 'SLUICE_WHOLE_NUMBER'],
  [Number.NaN, 'SLUICE_DURATION'],
])('a time of %j is refused', (value, code) => {
  expect(() => functionTimeoutMs(value)).toThrow(expect.objectContaining({ code, message: expect.stringContaining('functionTimeout') }))
})

test('is 5 s unless said otherwise, and at most 10 minutes', () => {
  expect([functionTimeoutMs(undefined), functionTimeoutMs('10m'), functionTimeoutMs('1ms')]).toEqual([5000, 600_000, 1])
})
