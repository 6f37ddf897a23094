import { concurrency, type LimiterEvent, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { type FakeRequest, fakeGuard, left, send, visit } from '../../test/fake-adapter.ts'
import type { HttpLimit, HttpOptions } from '../http-limit.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
const none: HttpLimit<FakeRequest> = { name: 'none', by: () => 'all', rule, initial: 0 }
const stranger = '192.0.2.1'
const preflight = { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' } }

describe('the lists', () => {
  test('the deny list wins over the allow list, and the allow list over every limit', async () => {
    const options = { limits: [none], allowList: ['192.0.2.0/24'], denyList: ['192.0.2.7'] }
    const guard = fakeGuard(options)
    expect(await send(guard, { address: '192.0.2.7' })).toBe(403)
    expect(await send(guard, { address: '192.0.2.8' })).toBe(200)
    expect(await send(guard, { address: '198.51.100.8' })).toBe(429)
  })

  test('the deny list holds where no limit does, and asks no condition', async () => {
    let calls = 0
    const guard = fakeGuard({ denyList: [stranger], when: () => ++calls > 0 })
    expect([await send(guard), await send(guard, { address: '192.0.2.2' }), calls]).toEqual([403, 200, 0])
  })

  test.each([null, undefined, 0, 'no'])('a condition that answers %j is a fault: it is neither true nor false', async (answer) => {
    const guard = fakeGuard({ limits: [none], when: () => answer as never })
    await expect(send(guard)).rejects.toMatchObject({ code: 'SLUICE_WHEN' })
  })

  test.each(['throw', 'allow', 'deny'] as const)('an unknown address does not pass a deny list under onFault: %s', async (onFault) => {
    const events: LimiterEvent[] = []
    const guard = fakeGuard({ denyList: ['198.51.100.1'], onFault, observe: (event) => events.push(event) })
    const status = send(guard, { address: null })
    if (onFault === 'throw') await expect(status).rejects.toMatchObject({ code: 'SLUICE_ADDRESS' })
    else expect(await status).toBe(503)
    expect(events).toMatchObject([{ type: 'fault', error: { code: 'SLUICE_ADDRESS' } }])
  })

  test('an unknown address passes an allow list, as one that is not on it', async () => {
    expect(await send(fakeGuard({ allowList: ['198.51.100.1'], limits: [none] }), { address: null })).toBe(429)
  })
})

describe('conditions', () => {
  const yes = { now: () => true, later: async () => true }
  const no = { now: () => false, later: async () => false }

  test.each([
    ['all apply', [yes.now, yes.later, yes.now], 9],
    ['the first does not', [no.now, yes.now], 10],
    ['a late one does not', [yes.now, no.later, yes.now], 10],
    ['one after a late one does not', [yes.later, no.now], 10],
  ])('limit a request only if %s', async (_which, conditions, remaining) => {
    const guard = fakeGuard({ limits: [units] })
    const route = conditions.reduce((outer, when) => guard.route(outer.plan, { when }, 'route'), guard.root)
    await visit(guard, {}, route).decide()
    expect(await left(guard, units, 'all')).toBe(remaining)
  })

  test('are asked in order, until one does not apply', async () => {
    const order: string[] = []
    const condition = (name: string, applies: boolean) => () => {
      order.push(name)
      return applies
    }
    const guard = fakeGuard({ limits: [units], when: condition('outer', true) })
    const middle = guard.route(guard.root.plan, { when: condition('middle', false) }, 'route')
    await visit(guard, {}, guard.route(middle.plan, { when: condition('inner', true) }, 'route')).decide()
    expect(order).toEqual(['outer', 'middle'])
  })

  test.each([
    ['at once', () => true],
    ['later', async () => true],
  ])('that answer %s are asked once a request, and again for the next one', async (_when, answer) => {
    let calls = 0
    const when = () => {
      calls++
      return answer()
    }
    const guard = fakeGuard({ limits: [{ name: 'ip', rule }, units], when }, { split: true })
    const { context } = visit(guard)
    await guard.decide(context, guard.root.plan, guard.root.early)
    await guard.decide(context, guard.root.plan, guard.root.late)
    expect(calls).toBe(1)
    await send(guard)
    expect(calls).toBe(2)
  })

  const failing = {
    throws: () => {
      throw new Error('no')
    },
    rejects: () => Promise.reject(new Error('no')),
  }
  test.each(['throws', 'rejects'] as const)('one that %s follows onFault', async (how) => {
    const guardOf = (onFault: HttpOptions<FakeRequest>['onFault']) => fakeGuard({ limits: [units], when: failing[how], onFault })
    await expect(send(guardOf('throw'))).rejects.toMatchObject({ code: 'SLUICE_ROUTE_FUNCTION' })
    const allowing = guardOf('allow')
    expect([await send(allowing), await left(allowing, units, 'all')]).toEqual([200, 10])
    const denying = guardOf('deny')
    expect([await send(denying), await left(denying, units, 'all')]).toEqual([503, 10])
  })
})

describe('stages', () => {
  test('answer at once while every function does', () => {
    const guard = fakeGuard({ limits: [units], when: () => true, cost: () => 1 })
    expect(visit(guard).decide()).toBe(null)
    expect(visit(fakeGuard({ limits: [none] })).decide()).toMatchObject({ status: 429 })
  })

  test.each([
    ['at once', () => 'all'],
    ['later', async () => 'all'],
  ])('decide in order, and a refusal %s ends the request and gives back', async (_when, by) => {
    const guard = fakeGuard(
      {
        limits: [
          { name: 'ip', rule },
          { ...none, by },
        ],
      },
      { split: true },
    )
    const { decide, context } = visit(guard)
    expect(await decide()).toMatchObject({ status: 429, refused: { refusedBy: ['none'] } })
    expect((await guard.admin.inspect('ip', stranger))?.remaining ?? 10).toBe(10)
    expect(context.sluice.decision?.outcome).toBe('limited')
  })

  test('a late first stage goes on with the second', async () => {
    const guard = fakeGuard(
      { limits: [{ ...units, hook: 'onRequest', by: async () => 'all' } as never, { ...none, shadow: true }] },
      { split: true },
    )
    expect(await visit(guard).decide()).toBe(null)
    expect(await left(guard, units, 'all')).toBe(9)
  })

  test('a refusal has the status of the limit that refuses', async () => {
    expect(await send(fakeGuard({ limits: [{ ...none, status: 503 }] }))).toBe(503)
    expect(await send(fakeGuard({ limits: [none] }))).toBe(429)
  })

  test('a refusal withdraws quota headers where nothing may be disclosed any more', async () => {
    const hidden = await visit(fakeGuard({ limits: [{ ...none, disclose: false }] })).decide()
    expect(hidden?.withdrawn).toEqual(['RateLimit-Policy', 'RateLimit'])
    const open = await visit(fakeGuard({ limits: [none] })).decide()
    expect([open?.withdrawn, open?.headers.map(([name]) => name)]).toEqual([[], expect.arrayContaining(['RateLimit', 'Retry-After'])])
  })

  test('the end is watched before a slot is there, so that a client that goes leaves none behind', async () => {
    const slots = { name: 'slots', by: async () => 'all', rule: concurrency({ capacity: 2 }) }
    const guard = fakeGuard({ limits: [slots] })
    const { decide, end, isWatched } = visit(guard)
    const decided = decide()
    expect(isWatched()).toBe(true)
    await end({ aborted: true })
    expect([await decided, await left(guard, slots, 'all')]).toEqual([null, 2])
  })
})

describe('a preflight', () => {
  test.each([
    ['cancel', 'no handler ran', false, 10],
    ['cancel', 'a handler ran', true, 9],
    ['count', 'no handler ran', false, 9],
    ['skip', 'no handler ran', false, 10],
  ] as const)('under %s, where %s', async (option, _what, handled, remaining) => {
    const guard = fakeGuard({ limits: [units], preflight: option }, { handled: () => handled })
    await send(guard, preflight)
    expect(await left(guard, units, 'all')).toBe(remaining)
  })

  test('is refused like any request, unless it is skipped', async () => {
    const handled = () => false
    expect(await send(fakeGuard({ limits: [none] }, { handled }), preflight)).toBe(429)
    expect(await send(fakeGuard({ limits: [none], preflight: 'skip' }, { handled }), preflight)).toBe(200)
  })

  test('is no other OPTIONS, and is counted where the adapter cannot see handlers', async () => {
    const guard = fakeGuard({ limits: [units] }, { handled: () => false })
    await send(guard, { method: 'OPTIONS' })
    expect(await left(guard, units, 'all')).toBe(9)
    const blind = fakeGuard({ limits: [units] })
    await send(blind, preflight)
    expect(await left(blind, units, 'all')).toBe(9)
  })
})
