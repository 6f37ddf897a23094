import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Hold, LimitFacts, Verdict } from '../store.ts'
import { type ManualClock, manualClock } from '../testing/manual-clock.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'

const limit: LimitFacts = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }
const rule = tokenBucket({ capacity: 3, per: '3s' })
const terms = { rule, initial: 3, version: 0 }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

afterEach(() => vi.useRealTimers())

interface Admitted {
  readonly key: number
  readonly cost: number
  readonly atMs: number
}

/** Whether, from the first of these on, its key gets what one bucket holds and brings back, and all at that moment what all buckets hold. */
function keepsBounds(admitted: readonly Admitted[], maxBuckets: number): boolean {
  const { key, atMs: from } = admitted[0]!
  let own = 0
  let atOnce = 0
  return admitted.every(({ key: other, cost, atMs }) => {
    if (other === key) own += cost
    if (atMs === from) atOnce += cost
    return own <= 3 + (atMs - from) / 1000 && atOnce <= 3 * (maxBuckets + 1)
  })
}

/** A store of few buckets. */
function small(maxBuckets: number) {
  const clock = manualClock()
  const store = memoryStore({ maxBuckets, clock })
  return { store, clock, ...verbs(store) }
}

function verbs(store: MemoryStore) {
  const call = (action: 'consume' | 'reserve', key: string, cost: number, undo: Hold[] = []): Verdict =>
    store.decide({ action, charges: [{ limit, key, terms, cost }], undo, migrate: 'keepUsed' })
  return {
    consume: (key: string, cost: number = 1): Verdict => call('consume', key, cost),
    reserve: (key: string, cost: number, undo: Hold[] = []): Verdict => call('reserve', key, cost, undo),
    left: (key: string): number => store.inspect(limit, key, terms)?.remaining ?? 3,
  }
}

describe('a store that is full of live buckets', () => {
  test('frees no exhausted key, however many strangers come', () => {
    const { consume } = small(2)
    consume('ann', 3)
    consume('bob', 2)
    for (let i = 0; i < 5000; i++) consume(`stranger ${i}`)
    expect(consume('ann').allowed).toBe(false)
    expect(consume('bob').limits[0]).toMatchObject({ allowed: true, remaining: 0 })
  })

  test('lets strangers share one bucket, and shows it to operators', () => {
    const { consume, left } = small(1)
    consume('ann')
    expect(['a', 'b', 'c', 'd'].map((key) => consume(key).allowed)).toEqual([true, true, true, false])
    expect([left('e'), left('ann')]).toEqual([0, 2])
  })

  test('has one such bucket for each limit', () => {
    const { consume, store } = small(1)
    consume('ann', 3)
    for (let i = 0; i < 3; i++) consume(`stranger ${i}`)
    const other = { ...limit, name: 'other' }
    const verdict = store.decide({
      action: 'consume',
      charges: [{ limit: other, key: 'x', terms, cost: 1 }],
      undo: [],
      migrate: 'keepUsed',
    })
    expect(verdict.limits[0]).toMatchObject({ allowed: true, remaining: 2 })
  })

  test('gives keys their own buckets again when others are full, with the debt of what they shared', () => {
    const { consume, clock } = small(1)
    consume('ann', 1)
    consume('stranger', 3)
    clock.advance(1000)
    expect(consume('newcomer', 2).allowed).toBe(false)
    expect(consume('newcomer', 1).limits[0]!.remaining).toBe(0)
    clock.advance('1h')
    expect(consume('newcomer', 3).allowed).toBe(true)
    clock.advance('1h')
    consume('first', 3)
    expect(consume('second').allowed).toBe(true)
  })

  test('still blocks one stranger and not the others', () => {
    const { consume, store } = small(1)
    consume('ann')
    store.block(limit, 'mallory', 60_000)
    expect([consume('mallory').allowed, consume('eve').allowed]).toEqual([false, true])
  })

  test('settles where it charged, though the key has a bucket of its own by then', () => {
    const { reserve, consume, store, clock, left } = small(1)
    consume('ann', 1)
    const { hold } = reserve('stranger', 2)
    expect(left('anybody')).toBe(1)
    clock.advance(1000)
    store.reset(limit, 'ann')
    store.settle(hold!, [0])
    expect(consume('somebody', 3).allowed).toBe(true)
  })

  test('gives a stranger back what its earlier stage holds, and knows it as the same key', () => {
    const { reserve, consume } = small(1)
    consume('ann')
    const { hold } = reserve('stranger', 2)
    const { limits, undone } = reserve('stranger', 2, [hold!])
    expect(limits).toMatchObject([{ allowed: false, cost: 4, remaining: 3 }])
    expect(undone).toMatchObject([{ allowed: true, remaining: 3 }])
  })

  test('refunds no stranger', () => {
    const { consume, store, left } = small(1)
    consume('ann')
    consume('stranger', 3)
    store.refund([{ limit, key: 'stranger', terms, cost: 3 }])
    expect(left('stranger')).toBe(0)
  })

  test('admits to no key more than to one key, and to all at once no more than its buckets hold', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 20 }),
      cost: fc.integer({ min: 1, max: 4 }),
      waitMs: fc.constantFrom(0, 0, 0, 1, 700, 5000),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 80, size: 'max' }), (maxBuckets, steps) => {
        const { consume, clock } = small(maxBuckets)
        const admitted: Admitted[] = []
        for (const { key, cost, waitMs } of steps) {
          clock.advance(waitMs)
          if (consume(`key ${key}`, cost).allowed) admitted.push({ key, cost, atMs: clock.nowMs() })
        }
        return admitted.every((_, i) => keepsBounds(admitted.slice(i), maxBuckets))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('sweeping', () => {
  test('makes room with the calls themselves, where no timer runs', () => {
    const { consume, clock } = small(100)
    for (let i = 0; i < 100; i++) consume(`early ${i}`, 3)
    clock.advance(3000)
    for (let i = 0; i < 100; i++) expect(consume(`late ${i}`, 3).allowed).toBe(true)
  })

  test('keeps tens of thousands of keys apart, and forgets them when they are full', () => {
    const { consume, clock, left } = small(50_000)
    for (let i = 0; i < 40_000; i++) consume(`${i}`, 1 + (i % 3))
    for (const i of [0, 1, 2, 16_383, 16_384, 39_999]) expect(left(`${i}`)).toBe(2 - (i % 3))
    clock.advance(3000)
    for (let i = 0; i < 40_000; i++) consume(`again ${i}`, 3)
    for (let i = 40_000; i < 50_000; i++) expect(consume(`again ${i}`, 3).allowed).toBe(true)
  })

  function timed() {
    vi.useFakeTimers()
    const clock: ManualClock = manualClock()
    const store = memoryStore({ maxBuckets: 5, clock })
    return { store, clock, ...verbs(store) }
  }

  test('needs no timer before there is a bucket, nor after there is none', () => {
    const { consume, clock } = timed()
    expect(vi.getTimerCount()).toBe(0)
    consume('ann', 4)
    expect(vi.getTimerCount()).toBe(0)
    consume('ann', 1)
    consume('bob', 1)
    expect(vi.getTimerCount()).toBe(1)
    clock.advance(5000)
    vi.advanceTimersByTime(60_000)
    expect(vi.getTimerCount()).toBe(0)
    consume('ann', 1)
    expect(vi.getTimerCount()).toBe(1)
  })

  test('keeps its timer while a bucket lives', () => {
    const { consume, left } = timed()
    consume('ann', 3)
    vi.advanceTimersByTime(60_000)
    expect([vi.getTimerCount(), left('ann')]).toEqual([1, 0])
  })

  test('goes on when the collector has run', async () => {
    const { consume } = timed()
    consume('ann', 3)
    // What a WeakRef was made for stays until the end of the job.
    await setImmediate()
    collect()
    vi.advanceTimersByTime(60_000)
    expect(vi.getTimerCount()).toBe(1)
  })

  test.each(['close', 'clear'] as const)('stops with %s, which forgets every bucket and block', (verb) => {
    const { consume, store, left } = timed()
    consume('ann', 3)
    store.block(limit, 'bob', 60_000)
    void store[verb]()
    expect(vi.getTimerCount()).toBe(0)
    expect([left('ann'), left('bob')]).toEqual([3, 3])
  })
})

test('a timer of the store keeps no process alive', () => {
  const started = vi.spyOn(globalThis, 'setTimeout')
  const { consume } = small(10)
  consume('ann')
  const timer = started.mock.results.at(-1)!.value as NodeJS.Timeout
  expect(timer.hasRef()).toBe(false)
  started.mockRestore()
})

test('blocks end by themselves, and those of keys that never come back make room for others', () => {
  const { store, clock, consume } = small(10)
  for (let i = 0; i < 1000; i++) {
    store.block(limit, `offender ${i}`, 100)
    clock.advance(10)
  }
  expect(consume('offender 999').allowed).toBe(false)
  expect(consume('offender 0').allowed).toBe(true)
})

test.each([0, 2 ** 24 + 1, 1.5, '10', null])('maxBuckets of %s is refused', (maxBuckets) => {
  expect(() => memoryStore({ maxBuckets: maxBuckets as never })).toThrow(expect.objectContaining({ code: 'SLUICE_WHOLE_NUMBER' }))
})

test('an unknown option is refused', () => {
  expect(() => memoryStore({ max: 10 } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
})
