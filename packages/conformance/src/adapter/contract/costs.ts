/** Costs that a function works out: whole units from 0, or a fault that is answered as configured. */
import { tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import { quotaOf, remainingOf } from '../quota-fields.ts'
import type { Trial } from '../trial.ts'

const capacity = 20
const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity, per: '1h' }) }

const nonsense: readonly (readonly [string, unknown])[] = [
  ['NaN', Number.NaN],
  ['negative', -1],
  ['a fraction', 1.5],
  ['infinite', Number.POSITIVE_INFINITY],
  ['beyond what can be counted', 2 ** 53],
  ['text', '1'],
  ['a bigint', 1n],
  ['null', null],
  ['undefined', undefined],
  ['a list', [5]],
  ['NaN for one limit', { ip: Number.NaN }],
]

export function costsContract({ open, describe, test }: Trial): void {
  /** A route for each kind of nonsense, so that one server tells of all. */
  const routes: readonly SiteRoute[] = nonsense.map(([, cost], i) => ({ path: `/${i}`, sluice: { cost: () => cost as number } }))

  describe('a cost that is nonsense', () => {
    test.each([
      ['throw', 500],
      ['deny', 503],
    ] as const)('of a route is a fault: onFault %s answers %i', async (onFault, status) => {
      const faults: string[] = []
      const observe: HttpOptions<unknown>['observe'] = (event) => event.type === 'fault' && faults.push(event.error.code)
      const site = await open({ limits: [ip], onFault, observe }, { routes })
      for (const [i, [what]] of nonsense.entries()) {
        expect((await site.ask(`/${i}`)).status, what).toBe(status)
        expect(faults.length, what).toBe(i + 1)
      }
      // What an earlier stage took stays taken when an error goes to the framework: broken requests must not be free.
      if (onFault === 'deny') expect(await site.remaining('ip', '127.0.0.1', capacity)).toBe(capacity)
    })

    test('of a route takes one unit where faults are allowed', async () => {
      const site = await open({ limits: [ip], onFault: 'allow' }, { routes })
      for (const [i, [what]] of nonsense.entries()) {
        const reply = await site.ask(`/${i}`)
        expect(reply.status, what).toBe(200)
        expect(quotaOf(reply), what).toMatchObject({ ip: { r: capacity - 1 - i } })
      }
    })

    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 200],
    ] as const)('of a limit is a fault: onFault %s answers %i, and charges no limit', async (onFault, status) => {
      const cost: HttpLimit['cost'] = async (_request, http) => nonsense[Number(http.header('x-cost'))]![1] as number
      const site = await open({ limits: [{ ...ip, cost }], onFault })
      for (const [i, [what]] of nonsense.entries()) {
        const reply = await site.ask({ path: '/', headers: { 'x-cost': String(i) } })
        expect(reply.status, what).toBe(status)
        expect(quotaOf(reply), what).toEqual({})
      }
      expect(await site.remaining('ip', '127.0.0.1', capacity)).toBe(capacity)
    })
  })

  describe('a cost', () => {
    test.each([
      [
        'throws',
        () => {
          throw new Error('no')
        },
      ],
      [
        'rejects',
        async () => {
          throw new Error('no')
        },
      ],
    ])('that %s is refused with 503 where faults are denied, and says when to come back', async (_what, cost) => {
      const { ask } = await open({ limits: [ip], onFault: 'deny' }, { routes: [{ path: '/', sluice: { cost } }] })
      const refused = await ask('/')
      expect(refused.status).toBe(503)
      expect(refused.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' })
      expect(quotaOf(refused)).toEqual({})
      expect(JSON.parse(refused.body)).toMatchObject({ outcome: 'unavailable' })
      expect(refused.body).not.toContain('no')
    })

    test('that names a limit which is not there is a fault', async () => {
      const codes: string[] = []
      const observe = (event: { type: string; error?: { code: string } }) => event.type === 'fault' && codes.push(event.error!.code)
      const { ask } = await open(
        { limits: [ip], onFault: 'deny', observe },
        { routes: [{ path: '/', sluice: { cost: () => ({ pi: 2 }) } }] },
      )
      expect((await ask('/')).status).toBe(503)
      expect(codes).toEqual(['SLUICE_LIMIT_UNKNOWN'])
    })

    test('as large as can be counted is impossible, and the bucket stays as it was', async () => {
      const { ask } = await open({ limits: [ip] }, { routes: [{ path: '/', sluice: { cost: () => Number.MAX_SAFE_INTEGER } }] })
      const refused = await ask('/')
      expect(refused.status).toBe(429)
      expect(refused.headers).not.toHaveProperty('retry-after')
      expect(quotaOf(refused)).toMatchObject({ ip: { r: capacity } })
    })

    test('by limit name is charged to each limit as it says, and one unit to those that it does not name', async () => {
      const limits = [ip, { ...ip, name: 'user', by: () => 'u1' }, { ...ip, name: 'other', by: () => 'o1' }]
      const cost = { ip: 3, user: 5 }
      const { ask } = await open({ limits }, { routes: [{ path: '/', sluice: { cost } }] })
      expect(remainingOf(await ask('/'))).toEqual({ ip: capacity - 3, user: capacity - 5, other: capacity - 1 })
    })

    test('of -0 is 0', async () => {
      const { ask } = await open({ limits: [{ ...ip, cost: () => -0 }] })
      expect(quotaOf(await ask('/'))).toMatchObject({ ip: { r: capacity } })
    })
  })
}
