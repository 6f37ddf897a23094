import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answered, scene } from '../../test/outage-scene.ts'
import type { Limit } from '../limit.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { observers } from '../observe.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import { settlementReport, storeReport } from './settled-event.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const tokens: Limit<string, 'sync'> = { name: 'tokens', by: (id) => id, rule }

describe('a settlement in memory', () => {
  const clock = manualClock()
  const limiter = createLimiter<string>({ limits: [tokens], store: memoryStore({ clock, handleLifetime: '1m' }) })

  /** The events of settlements while a call runs. */
  function settledBy(call: () => void): readonly LimiterEvent[] {
    const events: LimiterEvent[] = []
    const stop = limiter.observe((event) => event.type === 'settled' && events.push(event))
    call()
    stop()
    return events
  }

  test('has the units that were estimated and used, once', () => {
    const settled = settledBy(() => {
      const reservation = limiter.reserve('ann', { cost: 5 })
      reservation.settle(3)
      reservation.settle(4)
      reservation.cancel()
      limiter.reserve('ann', { cost: 2 }).cancel()
    })
    expect(settled).toEqual([
      { type: 'settled', limit: 'tokens', key: 'ann', estimated: 5, actual: 3, excess: 0, late: false },
      { type: 'settled', limit: 'tokens', key: 'ann', estimated: 2, actual: 0, excess: 0, late: false },
    ])
  })

  test('has what could not be charged', () => {
    expect(settledBy(() => limiter.reserve('bob', { cost: 10 }).settle(25))).toMatchObject([{ estimated: 10, actual: 25, excess: 5 }])
  })

  test('is late after the lifetime of its reservation', () => {
    const settled = settledBy(() => {
      const reservation = limiter.reserve('eve', { cost: 5 })
      clock.advance('61s')
      reservation.settle(3)
    })
    expect(settled).toMatchObject([{ estimated: 5, actual: 3, late: true }])
  })
})

describe('a store that answers later', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function observed() {
    const it = scene({ onOutage: 'allow' })
    const limiter = createLimiter<string>({ limits: [tokens], store: it.survivor })
    const events: LimiterEvent[] = []
    limiter.observe((event) => events.push(event))
    const ofType = <T extends LimiterEvent['type']>(type: T) =>
      events.filter((event): event is Extract<LimiterEvent, { readonly type: T }> => event.type === type)
    return { ...it, limiter, ofType }
  }

  test('says how long each verb took, and how it ended', async () => {
    const { be, limiter, ofType } = observed()
    be({ lateMs: 20 })
    const reservation = await answered(limiter.reserve('ann'))
    await answered(reservation.renew())
    await answered(reservation.settle(1))
    await answered(limiter.refund('ann'))
    be('silent')
    await answered(limiter.consume('ann'))
    be('dead')
    await answered(limiter.consume('ann'))
    expect(ofType('store')).toEqual([
      { type: 'store', verb: 'decide', durationMs: 20, result: 'answered' },
      { type: 'store', verb: 'renew', durationMs: 20, result: 'answered' },
      { type: 'store', verb: 'settle', durationMs: 20, result: 'answered' },
      { type: 'store', verb: 'refund', durationMs: 20, result: 'answered' },
      { type: 'store', verb: 'decide', durationMs: expect.closeTo(100, -1), result: 'late' },
      { type: 'store', verb: 'decide', durationMs: 0, result: 'failed' },
    ])
  })

  test('reports nothing where nothing listens', () => {
    const { survivor } = scene()
    const watching = observers()
    expect(storeReport(watching, survivor, 'decide')).toBeUndefined()
    expect(settlementReport(watching, survivor, { id: '', entries: [] }, [], undefined)).toBeUndefined()
    watching.observe(() => undefined)
    expect(storeReport(watching, survivor, 'decide')).toBeDefined()
    expect(storeReport(watching, memoryStore(), 'decide')).toBeUndefined()
  })

  test('says nothing of calls that an outage keeps from it, and nothing to another limiter', async () => {
    const { be, limiter, survivor, ofType } = observed()
    const others: LimiterEvent[] = []
    createLimiter<string>({ limits: [{ ...tokens, name: 'other' }], store: survivor }).observe((event) => others.push(event))
    be('dead')
    for (let i = 0; i < 10; i++) await limiter.consume('ann')
    expect([ofType('store').length, ofType('decision').length]).toEqual([3, 10])
    expect(others.map(({ type }) => type)).toEqual(['outage'])
  })

  test.each([
    ['that has no answer in time', { lateMs: 120 }],
    ['that fails', 'dead'],
  ] as const)('confirms a settlement %s once, to the limiter that made it', async (_how, state) => {
    const { be, limiter, ofType } = observed()
    const reservation = await answered(limiter.reserve('ann', { cost: 5 }))
    be(state)
    const settling = reservation.settle(2)
    await vi.advanceTimersByTimeAsync(110)
    await settling
    expect(ofType('settled')).toEqual([])
    await vi.advanceTimersByTimeAsync(30)
    be('well')
    await vi.advanceTimersByTimeAsync(2000)
    expect(ofType('settled')).toMatchObject([{ limit: 'tokens', key: 'ann', estimated: 5, actual: 2, late: false }])
  })
})
