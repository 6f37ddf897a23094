import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answered, breakDown, call, charge, consume, scene, termsOf, troubled } from '../../test/outage-scene.ts'
import { SLUICE_STORE_UNSENT } from '../errors.ts'
import type { OnOutage } from '../limit.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Store } from '../store.ts'
import { surviveOutages } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('passes on what the store answers', async () => {
  const { survivor } = scene()
  expect(await answered(survivor.decide(consume(4)))).toMatchObject({ allowed: true, decidedBy: 'store', limits: [{ remaining: 6 }] })
})

test('answers at the deadline where the store is silent, and not before', async () => {
  const { survivor, be } = scene({ timeout: '100ms' })
  be('silent')
  let verdict: unknown
  void Promise.resolve(survivor.decide(consume())).then((it) => (verdict = it))
  await vi.advanceTimersByTimeAsync(99)
  expect(verdict).toBeUndefined()
  await vi.advanceTimersByTimeAsync(3)
  expect(verdict).toMatchObject({ allowed: true, decidedBy: 'local' })
})

test('answers at once where the store fails at once', async () => {
  const { survivor, be } = scene()
  be('dead')
  await expect(survivor.decide(consume())).resolves.toMatchObject({ decidedBy: 'local' })
})

test('calls that a busy process did not send in time are decided here, and are no outage', async () => {
  const events: unknown[] = []
  const { store } = troubled()
  let isBusy = true
  const decide: Store['decide'] = (ask) => (isBusy ? Promise.reject(new SluiceError(SLUICE_STORE_UNSENT)) : store.decide(ask))
  const survivor = surviveOutages({ ...store, decide }, { processes: 1 })
  survivor.watch?.((event) => events.push(event))
  for (let i = 0; i < 5; i++) expect(await survivor.decide(consume())).toMatchObject({ decidedBy: 'local' })
  isBusy = false
  expect(await survivor.decide(consume())).toMatchObject({ decidedBy: 'store' })
  expect(events).toEqual([])
})

describe('while the store is away', () => {
  test('a process enforces its part of the limit, and refuses truthfully', async () => {
    const it = scene({ processes: 2 })
    await breakDown(it)
    const verdicts = []
    for (let i = 0; i < 6; i++) verdicts.push(await it.survivor.decide(consume()))
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false])
    expect(verdicts[5]).toMatchObject({ decidedBy: 'local', limits: [{ capacity: 5, remaining: 0, retryAfterMs: 720_000 }] })
  })

  test.each<[OnOutage, object]>([
    ['allow', { allowed: true, decidedBy: 'none', limits: [], hold: null }],
    ['deny', { allowed: false, decidedBy: 'none', limits: [], unavailable: ['user'] }],
    ['local', { allowed: true, decidedBy: 'local', limits: [{ name: 'user', remaining: 4 }] }],
  ])('a limit does what it says itself: %s', async (onOutage, wanted) => {
    for (const [own, general] of [
      [onOutage, 'allow'],
      [onOutage, 'deny'],
      [undefined, onOutage],
    ] as const) {
      const it = scene({ onOutage: general })
      it.be('dead')
      expect(await it.survivor.decide(consume(1, { onOutage: own }))).toMatchObject(wanted)
    }
  })

  test('one limit that denies refuses the call, and no limit is charged', async () => {
    const it = scene()
    await breakDown(it)
    const both = [charge({ name: 'app' }), charge({ name: 'login', onOutage: 'deny' })]
    expect(await it.survivor.decide(call('consume', both))).toMatchObject({ allowed: false, unavailable: ['login'] })
    expect(await it.survivor.decide(consume(0, { name: 'app' }))).toMatchObject({ limits: [{ remaining: 5 }] })
  })

  test('a shadow limit and a cost of 0 are denied nothing', async () => {
    const it = scene({ onOutage: 'deny' })
    await breakDown(it)
    expect(await it.survivor.decide(consume(1, { shadow: true }))).toMatchObject({ allowed: true, decidedBy: 'none' })
    expect(await it.survivor.decide(consume(0))).toMatchObject({ allowed: true, decidedBy: 'none' })
  })

  test('a cost that only the whole limit could admit is unavailable, not impossible', async () => {
    const it = scene({ processes: 4 })
    await breakDown(it)
    expect(await it.survivor.decide(consume(3))).toMatchObject({ allowed: false, unavailable: ['user'] })
    const { unavailable, limits } = await it.survivor.decide(consume(11))
    expect([unavailable, limits[0]!.retryAfterMs]).toEqual([undefined, null])
  })

  test('asks the store no more, but for one probe at a time', async () => {
    const it = scene()
    await breakDown(it)
    it.methods.length = 0
    it.be('silent')
    for (let i = 0; i < 20; i++) void it.survivor.decide(consume(0))
    expect(it.methods).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    for (let i = 0; i < 20; i++) void it.survivor.decide(consume(0))
    expect(it.methods).toEqual(['decide'])
  })

  test('goes back to the store by itself, and says when it began and ended', async () => {
    const it = scene()
    await breakDown(it)
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    expect(await answered(it.survivor.decide(consume()))).toMatchObject({ decidedBy: 'store' })
    expect(it.events.map((event) => [event.type, 'state' in event && event.state, event.error.code])).toEqual([
      ['outage', 'began', 'SLUICE_STORE'],
      ['outage', 'ended', 'SLUICE_STORE'],
    ])
    expect(it.events[0]!.error.cause).toEqual(new Error('connection refused'))
  })

  test('does not start over with every outage: what a process spent comes back by time alone', async () => {
    const it = scene()
    await breakDown(it)
    await it.survivor.decide(consume(5))
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    await answered(it.survivor.decide(consume(0)))
    await breakDown(it)
    expect(await it.survivor.decide(consume())).toMatchObject({ allowed: false, decidedBy: 'local' })
  })

  test('an operator gets an error and no guess', async () => {
    const it = scene()
    await breakDown(it)
    const { limit } = charge()
    for (const ask of [
      () => it.survivor.inspect(limit, 'ann', termsOf),
      () => it.survivor.reset(limit, 'ann'),
      () => it.survivor.block(limit, 'ann', 1000),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'SLUICE_STORE', cause: new Error('connection refused') })
    }
    it.be('silent')
    const silent = Promise.resolve(it.survivor.reset(limit, 'ann')).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(150)
    expect(await silent).toMatchObject({ code: 'SLUICE_STORE', cause: { code: 'SLUICE_STORE_LATE' } })
  })

  test('a block holds here as well', async () => {
    const it = scene()
    const { limit } = charge()
    await answered(it.survivor.block(limit, 'ann', 60_000))
    await breakDown(it)
    expect(await it.survivor.decide(consume())).toMatchObject({ allowed: false, decidedBy: 'local' })
  })
})
