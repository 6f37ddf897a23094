import { describe, expect, test, vi } from 'vitest'
import { deferred } from '../testing/deferred.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { cached } from './cached.ts'

const ttl = { ttl: '10s', max: 100 } as const

describe('a look-up that answers at once', () => {
  test('is asked once as long as its answer lasts', () => {
    const clock = manualClock()
    const load = vi.fn((id: string) => `plan of ${id}`)
    const plan = cached(load, { ...ttl, clock, stale: 0 })
    expect([plan('a'), plan('a'), plan('b')]).toEqual(['plan of a', 'plan of a', 'plan of b'])
    expect(load).toHaveBeenCalledTimes(2)
    clock.advance(9999)
    void plan('a')
    expect(load).toHaveBeenCalledTimes(2)
    clock.advance(1)
    void plan('a')
    expect(load).toHaveBeenCalledTimes(3)
  })

  test('is told apart by typed keys', () => {
    const load = vi.fn((id: string | number) => id)
    const self = cached(load, ttl)
    expect([self(1), self('1')]).toEqual([1, '1'])
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('forgets the oldest answer beyond its bound', () => {
    const load = vi.fn((id: string) => id)
    const self = cached(load, { ...ttl, max: 2 })
    for (const id of ['a', 'b', 'c', 'b', 'c', 'a']) void self(id)
    expect(load.mock.calls.flat()).toEqual(['a', 'b', 'c', 'a'])
  })

  test('keeps the others when one answer is replaced', () => {
    const clock = manualClock()
    const load = vi.fn((id: string) => id)
    const self = cached(load, { ...ttl, max: 2, clock })
    void self('a')
    clock.advance('5s')
    void self('b')
    clock.advance('5s')
    void self('a')
    void self('b')
    expect(load.mock.calls.flat()).toEqual(['a', 'b', 'a'])
  })

  test('answers the new value where it is there at once', () => {
    const clock = manualClock()
    let version = 1
    const current = cached(() => version, { ...ttl, clock })
    expect(current('a')).toBe(1)
    version = 2
    clock.advance('10s')
    expect(current('a')).toBe(2)
  })

  test('goes on with an old answer when asking fails, and asks again after a pause', () => {
    const clock = manualClock()
    const load = vi.fn((): string => 'good')
    const plan = cached(load, { ...ttl, clock, stale: '5s' })
    void plan('a')
    load.mockImplementation(() => {
      throw new Error('database away')
    })
    clock.advance('10s')
    expect([plan('a'), plan('a')]).toEqual(['good', 'good'])
    expect(load).toHaveBeenCalledTimes(2)
    clock.advance(100)
    expect(plan('a')).toBe('good')
    expect(load).toHaveBeenCalledTimes(3)
    clock.advance('5s')
    expect(() => plan('a')).toThrow('database away')
  })

  test('fails as the look-up does where there is no answer yet, and asks anew after a pause', () => {
    const clock = manualClock()
    const load = vi
      .fn((): string => 'good')
      .mockImplementationOnce(() => {
        throw new Error('database away')
      })
    const plan = cached(load, { ...ttl, clock })
    expect(() => plan('a')).toThrow('database away')
    clock.advance(99)
    expect(() => plan('a')).toThrow('database away')
    expect(load).toHaveBeenCalledOnce()
    clock.advance(1)
    expect(plan('a')).toBe('good')
  })

  test('remembers undefined, too', () => {
    const load = vi.fn(() => undefined)
    const nothing = cached(load, ttl)
    expect([nothing('a'), nothing('a')]).toEqual([undefined, undefined])
    expect(load).toHaveBeenCalledOnce()
  })
})

describe('a look-up that answers later', () => {
  test('is asked once for many who wait, and answers at once from then on', async () => {
    const { promise, resolve } = deferred<string>()
    const load = vi.fn(() => promise)
    const plan = cached(load, ttl)
    const waiting = [plan('a'), plan('a'), plan('a')].map(async (answer) => answer)
    resolve('gold')
    expect(await Promise.all(waiting)).toEqual(['gold', 'gold', 'gold'])
    expect(plan('a')).toBe('gold')
    expect(load).toHaveBeenCalledOnce()
  })

  test('goes on with the old answer while it fetches the new one, once', async () => {
    const clock = manualClock()
    const load = vi.fn(async () => 'old')
    const plan = cached(load, { ...ttl, clock })
    await plan('a')
    const { promise, resolve } = deferred<string>()
    load.mockReturnValue(promise)
    clock.advance('10s')
    expect([plan('a'), plan('a')]).toEqual(['old', 'old'])
    expect(load).toHaveBeenCalledTimes(2)
    resolve('new')
    await promise
    await Promise.resolve()
    expect(plan('a')).toBe('new')
  })

  test('waits for the new answer once the old one is too old', async () => {
    const clock = manualClock()
    const load = vi.fn(async () => 'old')
    const plan = cached(load, { ...ttl, clock })
    await plan('a')
    load.mockResolvedValue('new')
    clock.advance('20s')
    expect(await plan('a')).toBe('new')
  })

  test('goes on with the old answer when fetching fails, and fails when that is too old', async () => {
    const clock = manualClock()
    const load = vi.fn(async () => 'old')
    const plan = cached(load, { ...ttl, clock, stale: '5s' })
    await plan('a')
    load.mockRejectedValue(new Error('database away'))
    clock.advance('10s')
    expect(plan('a')).toBe('old')
    await new Promise(setImmediate)
    clock.advance('5s')
    await expect(plan('a')).rejects.toThrow('database away')
  })

  test('tells everybody who waits of a failure, and asks anew after a pause', async () => {
    const clock = manualClock()
    const load = vi.fn(async () => 'gold').mockRejectedValueOnce(new Error('database away'))
    const plan = cached(load, { ...ttl, clock })
    const waiting = [plan('a'), plan('a')].map(async (answer) => answer)
    await expect(Promise.all(waiting)).rejects.toThrow('database away')
    await expect(waiting[1]).rejects.toThrow('database away')
    await expect(plan('a')).rejects.toThrow('database away')
    clock.advance(100)
    expect(await plan('a')).toBe('gold')
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('counts the age of an answer from when it came', async () => {
    const clock = manualClock()
    const { promise, resolve } = deferred<string>()
    const load = vi.fn(() => promise)
    const plan = cached(load, { ...ttl, clock, stale: 0 })
    const waiting = plan('a')
    clock.advance('30s')
    resolve('gold')
    await waiting
    clock.advance(9999)
    expect(plan('a')).toBe('gold')
    expect(load).toHaveBeenCalledOnce()
  })
})

test('takes its time from the system where no clock is given', () => {
  expect(cached((id: string) => id, ttl)('a')).toBe('a')
})

test.each([
  [{ ttl: '10s' }, 'SLUICE_WHOLE_NUMBER'],
  [{ ttl: '10s', max: 0 }, 'SLUICE_WHOLE_NUMBER'],
  [{ max: 1 }, 'SLUICE_DURATION'],
  [{ ttl: 0, max: 1 }, 'SLUICE_DURATION'],
  [{ ttl: '1s', max: 1, stale: -1 }, 'SLUICE_DURATION'],
  [{ ttl: '1s', max: 1, tll: 1 }, 'SLUICE_OPTION_UNKNOWN'],
  [{ ttl: '1s', max: 1, inFlight: 0 }, 'SLUICE_WHOLE_NUMBER'],
  [{ ttl: '1s', max: 1, functionTimeout: '11m' }, 'SLUICE_WHOLE_NUMBER'],
])('the options %j are refused', (options, code) => {
  expect(() => cached(() => 1, options as never)).toThrow(expect.objectContaining({ code }))
})

test('what is no function is refused at the start', () => {
  expect(() => cached('gold' as never, ttl)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
})
