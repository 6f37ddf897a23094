/** Limiters of domain subjects, bound to requests: one budget for a route, a worker and a socket. */
import { createLimiter, type Limiter, skip, tokenBucket } from '@sluice/core'
import type { HttpFacts, HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import { quotaOf } from '../quota-fields.ts'
import { eventually, statusesOf, type Trial } from '../trial.ts'

interface Customer {
  readonly id: string
}

const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }
const customer = { name: 'customer', by: ({ id }: Customer) => id, rule: tokenBucket({ capacity: 3, per: '1h' }) }
const u1 = { path: '/', headers: { 'x-customer': 'u1' } }

export function boundContract({ open, openStore, adapter, describe, test }: Trial): void {
  const subject = async (_request: unknown, http: HttpFacts): Promise<Customer | typeof skip> => {
    const id = http.header('x-customer')
    return id === undefined ? skip : { id }
  }

  describe('a bound limiter', () => {
    test('shares its budget with its other users', async () => {
      const { store } = await openStore()
      const limiter = createLimiter<Customer>({ store, limits: [customer] })
      const { ask } = await open({ store, limiter: adapter.bind(limiter, subject) })
      await limiter.consume({ id: 'u1' })
      const replies = [await ask(u1), await ask(u1), await ask(u1)]
      expect(statusesOf(replies)).toEqual([200, 200, 429])
      expect(replies.map((reply) => quotaOf(reply).customer!.r)).toEqual([1, 0, 0])
      expect((await limiter.peek({ id: 'u1' })).allowed).toBe(false)
      expect((await limiter.peek({ id: 'u2' })).allowed).toBe(true)
    })

    test('does not apply where the subject is skip', async () => {
      const { ask } = await open({ limiter: adapter.bind(createLimiter<Customer>({ limits: [customer] }), subject) })
      expect(quotaOf(await ask('/'))).toEqual({})
    })

    test('stands within the limits of the guard, on one store or on two: its refusal charges none of them', async () => {
      const shared = (await openStore()).store
      for (const store of [shared, (await openStore()).store]) {
        const limiter = createLimiter<Customer>({ store, limits: [customer] })
        const site = await open({ store: shared, limits: [ip], limiter: adapter.bind(limiter, subject) })
        const replies = await site.askTimes(5, u1)
        expect(statusesOf(replies)).toEqual([200, 200, 200, 429, 429])
        expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(7)
        expect(quotaOf(replies[4]!)).toMatchObject({ ip: { r: 7 }, customer: { r: 0 } })
        await site.admin.reset('ip', '127.0.0.1')
        await limiter.reset('customer', 'u1')
      }
    })

    test.each([
      ['a number', 2],
      ['a function', () => 2],
      ['a function that names its limit', async () => ({ customer: 2 })],
    ])('is charged the cost of the route, which is %s', async (_what, cost) => {
      const limiter = createLimiter<Customer>({ limits: [customer] })
      const { ask } = await open({ limits: [ip] }, { routes: [{ path: '/', sluice: { limiter: adapter.bind(limiter, subject), cost } }] })
      expect(quotaOf(await ask(u1))).toMatchObject({ customer: { r: 1 } })
    })

    test('is settled by the handler', async () => {
      const limiter = createLimiter<Customer>({ limits: [customer] })
      const handle: SiteRoute['handle'] = async ({ sluice }) => {
        await sluice.settle({ customer: 3 })
        return {}
      }
      const { ask } = await open({ limits: [ip] }, { routes: [{ path: '/', sluice: { limiter: adapter.bind(limiter, subject) }, handle }] })
      await ask(u1)
      expect(limiter.inspect('customer', 'u1')).toMatchObject({ remaining: 0 })
    })

    test.each<[string, SiteRoute['handle'], number]>([
      ['what it was asked for', undefined, 7],
      ['what the handler says', async ({ sluice }) => ({ body: JSON.stringify((await sluice.settle({ tokens: 5 })) ?? null) }), 5],
    ])('that debits after is charged %s, when the response has ended', async (_what, handle, left) => {
      const { store } = await openStore()
      const tokens = {
        name: 'tokens',
        by: ({ id }: Customer) => id,
        rule: tokenBucket({ capacity: 10, per: '1h' }),
        debit: 'after' as const,
      }
      const limiter = createLimiter<Customer>({ store, limits: [customer, tokens] })
      // The guard asks for 1 where it stands before the route, and the route for 3: that is 3, not 4.
      const site = await open(
        { store, limits: [ip], limiter: adapter.bind(limiter, subject) },
        { routes: [{ path: '/', sluice: { cost: 3 }, handle }] },
      )
      expect(quotaOf(await site.ask(u1))).toMatchObject({ customer: { r: 0 }, tokens: { r: 10 } })
      await eventually(async () => expect(await limiter.inspect('tokens', 'u1')).toMatchObject({ remaining: left }))
      expect(await limiter.inspect('customer', 'u1')).toMatchObject({ remaining: 0 })
    })

    test('must have been bound', async () => {
      const limiter = createLimiter<Customer>({ limits: [customer] })
      await expect(open({ limiter: { limiter, subject } })).rejects.toThrow('SLUICE_BOUND')
      expect(() => adapter.bind({} as Limiter<Customer>, subject)).toThrow('SLUICE_OPTION_TYPE')
      expect(() => adapter.bind(limiter, 'x-customer' as never)).toThrow('SLUICE_OPTION_TYPE')
    })
  })
}
