import { describe, expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { createLimiter } from './limiter.ts'
import type { LimiterOptions } from './limiter-contract.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: Limit<string> = { name: 'ip', by: (id) => id, rule }

function boom(): never {
  throw new Error('boom')
}

/** A limiter whose second limit fails, and what it told of that. */
function faulty(wrong: Partial<Limit<string>> | Record<string, unknown>, onFault?: LimiterOptions<string>['onFault']) {
  const limits = [ip, { ...ip, name: 'user', ...wrong }] as Limit<string>[]
  const limiter = createLimiter<string>({ limits, onFault })
  const events: LimiterEvent[] = []
  limiter.observe((event) => events.push(event))
  return { limiter, events }
}

const faults: [what: string, wrong: Record<string, unknown>, code: string][] = [
  ['a key function that throws', { by: boom }, 'SLUICE_FUNCTION'],
  ['a key function that rejects', { by: async () => boom() }, 'SLUICE_FUNCTION'],
  ['a key that is undefined', { by: () => undefined }, 'SLUICE_KEY'],
  ['a rule that is none', { rule: () => ({ kind: 'leaky' }) }, 'SLUICE_RULE'],
  ['a cost of half a unit', { cost: () => 0.5 }, 'SLUICE_COST'],
  ['a condition that rejects', { when: async () => boom() }, 'SLUICE_FUNCTION'],
]

describe.each(faults)('%s', (_, wrong, code) => {
  const fault = { type: 'fault', limit: 'user', error: expect.objectContaining({ code }) }

  test('reaches the caller unless asked otherwise, and charges no limit', async () => {
    for (const onFault of [undefined, 'throw'] as const) {
      const { limiter, events } = faulty(wrong, onFault)
      await expect((async () => limiter.consume('ann'))()).rejects.toThrow(expect.objectContaining({ code }))
      expect(events).toEqual([fault])
      expect(await limiter.inspect('ip', 'ann')).toBe(null)
    }
  })

  test('leaves its limit out where faults allow, and the others enforced', async () => {
    const { limiter, events } = faulty(wrong, 'allow')
    const decision = await limiter.consume('ann')
    expect(decision.limits.map(({ name, remaining }) => [name, remaining])).toEqual([['ip', 9]])
    expect(events).toEqual([fault, expect.objectContaining({ type: 'decision', decision })])
    for (let i = 0; i < 9; i++) await limiter.consume('ann')
    expect(await limiter.consume('ann')).toMatchObject({ allowed: false, outcome: 'limited', refusedBy: ['ip'] })
  })

  test('is unavailable where faults deny, and charges no limit', async () => {
    const { limiter, events } = faulty(wrong, 'deny')
    const decision = await limiter.consume('ann')
    expect(decision).toMatchObject({
      allowed: false,
      outcome: 'unavailable',
      retryAfterMs: 1000,
      refusedBy: ['user'],
      decidedBy: 'none',
      limits: [],
    })
    const refusal = { limit: 'user', key: null, outcome: 'unavailable', again: false, charged: 0, status: null }
    expect(events).toEqual([fault, expect.objectContaining({ type: 'decision', decision, limits: [refusal] })])
    expect(await limiter.inspect('ip', 'ann')).toBe(null)
  })
})

describe('where faults deny', () => {
  test('a reservation holds nothing, and a refund gives nothing', async () => {
    const { limiter } = faulty({ by: boom }, 'deny')
    const reservation = await limiter.reserve('ann')
    expect(reservation.decision.outcome).toBe('unavailable')
    await reservation.settle(3)
    await limiter.refund('ann')
    expect(await limiter.inspect('ip', 'ann')).toBe(null)
  })

  test('a peek is not observed', async () => {
    const { limiter, events } = faulty({ by: boom }, 'deny')
    expect(await limiter.peek('ann')).toMatchObject({ outcome: 'unavailable' })
    expect(events.map(({ type }) => type)).toEqual(['fault'])
  })

  test('a store that fails is an outage and no fault: `onOutage` decides', async () => {
    const own = { sync: false, decide: () => Promise.reject(new Error('connection lost')) } as never
    const store = surviveOutages(own, { processes: 1 })
    const limiter = createLimiter<string>({ limits: [{ ...ip, onOutage: 'allow' }], onFault: 'deny', store })
    expect(await limiter.consume('ann')).toMatchObject({ allowed: true, decidedBy: 'none' })
  })
})

test('an error that a function throws on purpose is kept as the cause', () => {
  const { limiter } = faulty({ by: boom })
  expect(() => limiter.consume('ann')).toThrow(
    expect.objectContaining({ code: 'SLUICE_FUNCTION', facts: { function: 'by', name: 'user' }, cause: new Error('boom') }),
  )
})
