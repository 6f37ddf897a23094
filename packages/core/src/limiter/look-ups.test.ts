import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Deferred, deferred } from '../testing/deferred.ts'
import { cached } from './cached.ts'
import { createLimiter } from './limiter.ts'

const options = { ttl: '10s', max: 100, functionTimeout: '5s' } as const
const timeout = expect.objectContaining({ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: 'load', timeoutMs: 5000 } })
const tooMany = expect.objectContaining({ code: 'SLUICE_LOOKUPS' })
const clock = { nowMs: (): number => performance.now() }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A look-up that the test answers, and its requests. */
function database() {
  const requests: (Deferred<number> & { readonly key: string })[] = []
  const load = (key: string): Promise<number> => {
    const answer = deferred<number>()
    requests.push({ key, ...answer })
    return answer.promise
  }
  return { requests, load }
}

/** What becomes of an answer. */
async function outcome(answer: unknown): Promise<unknown> {
  try {
    return await (answer as Promise<unknown>)
  } catch (error) {
    return error
  }
}

describe('a look-up that hangs', () => {
  test('is over at its time for all who wait, and is then tried again', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, clock })
    const waiting = [outcome(units('a')), outcome(units('a'))]
    await vi.advanceTimersByTimeAsync(5001)
    expect(await Promise.all(waiting)).toEqual([timeout, timeout])
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(100)
    const again = outcome(units('a'))
    requests[1]!.resolve(7)
    expect([await again, requests.length]).toEqual([7, 2])
  })

  test('is started once more after a second, by the next call, and the first answer serves everybody', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, clock })
    const waiting = [outcome(units('a'))]
    await vi.advanceTimersByTimeAsync(999)
    waiting.push(outcome(units('a')))
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    waiting.push(outcome(units('a')), outcome(units('a')))
    await vi.advanceTimersByTimeAsync(2000)
    waiting.push(outcome(units('a')))
    expect(requests).toHaveLength(2)
    requests[1]!.resolve(7)
    expect(await Promise.all(waiting)).toEqual([7, 7, 7, 7, 7])
    requests[0]!.resolve(5)
    await vi.advanceTimersByTimeAsync(0)
    expect(units('a')).toBe(7)
  })

  test('has no answer that comes after its time, whether it is one or a failure', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      const { requests, load } = database()
      const units = cached(load, { ...options, clock })
      const waiting = outcome(units('a'))
      await vi.advanceTimersByTimeAsync(5001)
      requests[0]![end](9 as never)
      expect(await waiting).toEqual(timeout)
      await vi.advanceTimersByTimeAsync(200)
      const again = outcome(units('a'))
      requests[1]!.resolve(7)
      expect(await again).toBe(7)
    }
  })

  test('keeps a fault within the time of its limiter, and the next call finds the answer', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, clock })
    const limiter = createLimiter<string>({
      limits: [{ name: 'c', by: (id) => id, rule: async (id) => (await units(id)) as never }],
      functionTimeout: '50ms',
    })
    const first = outcome(limiter.consume('a'))
    await vi.advanceTimersByTimeAsync(51)
    expect(await first).toMatchObject({ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: 'rule', name: 'c', timeoutMs: 50 } })
    expect(requests).toHaveLength(1)
  })
})

describe('look-ups in flight', () => {
  test('are bounded: the next one fails with a code, and starts nothing', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, inFlight: 2, clock })
    const ended = ['a', 'b', 'c', 'd'].map((key) => outcome(units(key)))
    expect(await Promise.all(ended.slice(2))).toEqual([tooMany, tooMany])
    expect(requests.map(({ key }) => key)).toEqual(['a', 'b'])
    requests[0]!.resolve(1)
    expect(await ended[0]).toBe(1)
    const next = outcome(units('c'))
    requests[2]!.resolve(3)
    expect(await next).toBe(3)
  })

  test('are bounded by `max` where nothing else is said', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, max: 10, clock })
    for (let i = 0; i < 500; i++) void outcome(units(`k${i}`))
    expect(requests).toHaveLength(10)
  })

  test('that hang make room at their time', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, inFlight: 1, clock })
    void outcome(units('a'))
    await vi.advanceTimersByTimeAsync(5001)
    void outcome(units('b'))
    expect(requests.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  test('leave the old answer in use where they are too many', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, inFlight: 1, clock })
    const first = outcome(units('a'))
    requests[0]!.resolve(1)
    await first
    await vi.advanceTimersByTimeAsync(10_000)
    void outcome(units('b'))
    expect([units('a'), requests.length]).toEqual([1, 2])
  })
})

describe('a key that fails', () => {
  test('is looked up again after 100 ms, doubled by each failure, at most 10 s', async () => {
    const load = vi.fn((): number => {
      throw new Error('no such customer')
    })
    const units = cached(load, { ...options, clock })
    for (const pauseMs of [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
      expect(() => units('a')).toThrow('no such customer')
      const requests = load.mock.calls.length
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(() => units('a')).toThrow('no such customer')
      expect(load).toHaveBeenCalledTimes(requests)
      await vi.advanceTimersByTimeAsync(1)
    }
  })

  test('starts over after an answer, and leaves other keys alone', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, ttl: '1ms', stale: 0, clock })
    const fail = async (): Promise<void> => {
      const failed = outcome(units('a'))
      requests.at(-1)!.reject(new Error('lost'))
      await failed
    }
    await fail()
    await vi.advanceTimersByTimeAsync(100)
    await fail()
    void outcome(units('b'))
    expect(requests.map(({ key }) => key)).toEqual(['a', 'a', 'b'])
    await vi.advanceTimersByTimeAsync(200)
    const well = outcome(units('a'))
    requests.at(-1)!.resolve(7)
    expect(await well).toBe(7)
    await vi.advanceTimersByTimeAsync(1)
    await fail()
    await vi.advanceTimersByTimeAsync(100)
    await fail()
    expect(requests).toHaveLength(6)
  })

  test('is one of at most `max` that are remembered', () => {
    const load = vi.fn((): number => {
      throw new Error('no such customer')
    })
    const units = cached(load, { ...options, max: 2, clock })
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) expect(() => units(key)).toThrow()
    expect(load.mock.calls.flat()).toEqual(['a', 'b', 'c', 'a'])
  })
})

describe('a key that is forgotten', () => {
  test('is looked up by the next call, whatever was known of it', async () => {
    let version = 1
    const current = cached(() => version, { ...options, clock })
    expect(current('a')).toBe(1)
    version = 2
    current.forget('a')
    expect(current('a')).toBe(2)
  })

  test('has failed never', () => {
    const load = vi
      .fn((): number => 7)
      .mockImplementationOnce(() => {
        throw new Error('lost')
      })
    const units = cached(load, { ...options, clock })
    expect(() => units('a')).toThrow('lost')
    units.forget('a')
    expect(units('a')).toBe(7)
  })

  test('keeps nothing of a look-up in flight, whose callers get its answer', async () => {
    const { requests, load } = database()
    const units = cached(load, { ...options, clock })
    const before = outcome(units('a'))
    units.forget('a')
    const after = outcome(units('a'))
    requests[1]!.resolve(2)
    expect(await after).toBe(2)
    requests[0]!.resolve(1)
    expect([await before, units('a')]).toEqual([1, 2])
  })
})
