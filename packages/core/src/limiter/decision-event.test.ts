import { describe, expect, test, vi } from 'vitest'
import type { Limit } from '../limit.ts'
import type { DecisionEvent, LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { requestOfCall } from '../request-of-call.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { RequestOption } from './decision-event.ts'
import { createLimiter } from './limiter.ts'
import type { SyncLimiter } from './limiter-contract.ts'

type Subject = string
const rule = tokenBucket({ capacity: 10, per: '1h' })
const user: Limit<Subject, 'sync'> = { name: 'user', by: (id) => id, rule }

function observed(limits: readonly Limit<Subject, 'sync'>[], onFault: 'throw' | 'deny' = 'throw') {
  const limiter: SyncLimiter<Subject> = createLimiter<Subject>({ limits, store: memoryStore({ clock: manualClock() }), onFault })
  const events: DecisionEvent[] = []
  limiter.observe((event: LimiterEvent) => event.type === 'decision' && events.push(event))
  return { limiter, events }
}

/** What a counter reads of the events: the outcome of each limit, once for each request. */
function counted(events: readonly DecisionEvent[]): string[] {
  return events.flatMap(({ limits }) => limits.filter(({ again }) => !again).map(({ limit, outcome }) => `${limit} ${outcome}`))
}

describe('the event of a decision', () => {
  test('has its verb, and each limit with its key and its units, on the fast path and on the general one', () => {
    for (const more of [{}, { when: () => true }]) {
      const { limiter, events } = observed([{ ...user, ...more }])
      const decision = limiter.consume('ann')
      limiter.reserve('ann')
      limiter.consumeUpTo('ann', { atMost: 3 })
      limiter.peek('ann')
      limiter.refund('ann')
      expect(events.map(({ verb, limits }) => [verb, ...limits.map(({ charged }) => charged)])).toEqual([
        ['consume', 1],
        ['reserve', 1],
        ['consumeUpTo', 3],
      ])
      const [status] = decision.limits
      const limits = [{ limit: 'user', key: 'ann', outcome: 'allowed', again: false, charged: 1, status }]
      expect(events[0]).toEqual({ type: 'decision', verb: 'consume', stage: 0, decision, limits, http: null })
    }
  })

  test('has keys as they are listed: parts as they are, and long ones as their hash', () => {
    const long = 'x'.repeat(257)
    const { limiter, events } = observed([{ ...user, by: (id) => ['eu', 7, true, id] }])
    limiter.consume('ann')
    limiter.consume(long)
    const hashed = expect.stringMatching(/^h[0-9a-f]{64}$/)
    expect(events.map(({ limits }) => limits[0]!.key)).toEqual([
      ['eu', 7, true, 'ann'],
      ['eu', 7, true, { hashed }],
    ])
    expect(JSON.stringify(events)).not.toContain(long)
  })

  test('has one outcome for each limit', () => {
    const { limiter, events } = observed([
      { ...user, name: 'near', nearAt: 0.2 },
      { ...user, name: 'shadow', shadow: true, cost: () => 11 },
      { ...user, name: 'tight', rule: tokenBucket({ capacity: 2, per: '1h' }) },
    ])
    limiter.consume('ann')
    limiter.consume('ann')
    limiter.consume('ann')
    limiter.consume('ann', { cost: 3 })
    expect(events.map(({ limits }) => limits.map(({ outcome }) => outcome))).toEqual([
      ['allowed', 'shadow_limited', 'allowed'],
      ['near', 'shadow_limited', 'near'],
      ['near', 'shadow_limited', 'limited'],
      ['near', 'shadow_limited', 'impossible'],
    ])
    expect(events.map(({ limits }) => limits.map(({ charged }) => charged))).toEqual([
      [1, 0, 1],
      [1, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  test('charges no units with `debit: after`, and a slot for a concurrent call', () => {
    const { limiter, events } = observed([
      { ...user, debit: 'after' },
      { name: 'slots', by: (id) => id, rule: concurrency({ capacity: 2, lease: '1m' }) },
    ])
    limiter.reserve('ann', { cost: 5 })
    expect(events[0]!.limits.map(({ limit, charged, status }) => [limit, charged, status!.cost])).toEqual([
      ['user', 0, 5],
      ['slots', 1, 1],
    ])
  })
})

describe('a request in two stages', () => {
  const ip: Limit<Subject, 'sync'> = { ...user, name: 'ip', by: () => '192.0.2.7' }

  test('counts once for each limit, whether the later stage has it again or gives it back', () => {
    const { limiter, events } = observed([ip])
    const first = limiter.reserve('ann')
    limiter.reserve('ann', { cost: 4, extend: [first] })
    const next = limiter.reserve('ann')
    limiter.reserve('ann', { cost: 9, extend: [next] })
    expect(events.map(({ stage, limits }) => [stage, limits[0]!.again, limits[0]!.charged, limits[0]!.outcome])).toEqual([
      [0, false, 1, 'allowed'],
      [1, true, 3, 'allowed'],
      [0, false, 1, 'allowed'],
      [1, true, 0, 'limited'],
    ])
    expect(counted(events)).toEqual(['ip allowed', 'ip allowed'])
  })

  test('lists in its refusal what refused, and not the stages that are given back', () => {
    const store = memoryStore({ clock: manualClock() })
    const early = createLimiter<Subject>({ store, limits: [ip] })
    const late = createLimiter<Subject>({ store, limits: [{ ...user, rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
    const events: DecisionEvent[] = []
    const returned: unknown[] = []
    for (const limiter of [early, late]) {
      limiter.observe((event) => {
        if (event.type === 'decision') events.push(event)
        if (event.type === 'settled') returned.push([event.limit, event.key, event.estimated, event.actual])
      })
    }
    for (let i = 0; i < 2; i++) late.reserve('ann', { extend: [early.reserve('ann')] })
    expect(events.at(-1)!.decision.limits.map(({ name }) => name)).toEqual(['ip', 'user'])
    expect(counted(events)).toEqual(['ip allowed', 'user near', 'ip allowed', 'user limited'])
    expect(returned).toEqual([['ip', '192.0.2.7', 1, 0]])
  })
})

test('the request that a subject or the options stand for is in the event, and is read for a listener alone', () => {
  const http = { method: 'GET', route: '/items/:id', address: '192.0.2.7', request: {} }
  const context = { [requestOfCall]: vi.fn(() => ({ stage: 3, http })) }
  const limiter = createLimiter<object>({ limits: [{ name: 'all', by: () => 'all', rule }] })
  const options: RequestOption = { [requestOfCall]: context }
  limiter.consume(context)
  limiter.consume({}, options)
  expect(context[requestOfCall]).not.toHaveBeenCalled()
  const events: LimiterEvent[] = []
  limiter.observe((event) => events.push(event))
  limiter.consume(context)
  limiter.consume({}, options)
  limiter.consume({}, { ...options, cost: 2 })
  limiter.consume({})
  expect(events).toMatchObject([...Array.from({ length: 3 }, () => ({ stage: 3, http })), { stage: 0, http: null }])
})
