/** Costs that a function works out: whole units from 0, or a fault that is answered as configured. */
import { tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import type { HttpLimit } from '../../http-limit.ts'
import { quotaOf } from '../quota-fields.ts'
import type { Trial } from '../trial.ts'

const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }

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

const answers = [
  ['throw', 500],
  ['deny', 503],
] as const

export function costsContract({ open }: Trial): void {
  describe.each(nonsense)('a cost that is %s', (_what, cost) => {
    test.each(answers)('of a route is a fault: onFault %s answers %i', async (onFault, status) => {
      const faults: string[] = []
      const site = await open(
        { limits: [ip], onFault, observe: (event) => event.type === 'fault' && faults.push(event.error.code) },
        { routes: [{ path: '/', sluice: { cost: () => cost as number } }] },
      )
      expect((await site.ask('/')).status).toBe(status)
      expect(faults.length).toBe(1)
      // What an earlier stage took stays taken when an error goes to the framework: broken requests must not be free.
      if (onFault === 'deny') expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(10)
    })

    test('of a route takes one unit where faults are allowed', async () => {
      const site = await open({ limits: [ip], onFault: 'allow' }, { routes: [{ path: '/', sluice: { cost: () => cost as number } }] })
      const reply = await site.ask('/')
      expect(reply.status).toBe(200)
      expect(quotaOf(reply)).toMatchObject({ ip: { r: 9 } })
    })

    test.each([...answers, ['allow', 200] as const])('of a limit is a fault: onFault %s answers %i', async (onFault, status) => {
      const site = await open({ limits: [{ ...ip, cost: async () => cost as number }], onFault })
      const reply = await site.ask('/')
      expect(reply.status).toBe(status)
      expect(quotaOf(reply)).toEqual({})
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(10)
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
      expect(quotaOf(refused)).toMatchObject({ ip: { r: 10 } })
    })

    test('of -0 is 0', async () => {
      const { ask } = await open({ limits: [{ ...ip, cost: () => -0 }] })
      expect(quotaOf(await ask('/'))).toMatchObject({ ip: { r: 10 } })
    })
  })
}
