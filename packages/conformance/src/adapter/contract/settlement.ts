/** The truth after the response: what is charged once the status is known, or the handler has said it. */
import { type Cost, tokenBucket } from '@sluice/core'
import { failuresOnly, type HttpLimit, type HttpOptions, type Settle } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute, Visit } from '../adapter-under-test.ts'
import { publishedFaults } from '../published-faults.ts'
import { ascending, eventually, type OpenSite, statusesOf, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 3, per: '1h' })

/** Routes that answer a status each. */
const answering = [200, 302, 401, 500].map((status): SiteRoute => ({ path: `/${status}`, handle: () => ({ status }) }))

export function settlementContract({ open, describe, test }: Trial): void {
  const left = (site: OpenSite, units: number): Promise<void> =>
    eventually(async () => expect(await site.remaining('ip', '127.0.0.1', 3)).toBe(units))

  describe.each(['before', 'after'] as const)('a limit on failures, debited %s', (debit) => {
    const guard = { limits: [{ name: 'ip', rule, settle: failuresOnly, debit }] }

    test('charges no success', async () => {
      const site = await open(guard, { routes: answering })
      for (let i = 0; i < 5; i++) {
        expect((await site.ask(i % 2 === 0 ? '/200' : '/302')).status).toBeLessThan(400)
        await left(site, 3)
      }
    })

    test('charges failures, those of unknown paths and of handlers that throw included', async () => {
      const throwing: SiteRoute = { path: '/throws', handle: () => Promise.reject(new Error('a bug')) }
      const site = await open(guard, { routes: [...answering, throwing] })
      for (const [i, path] of ['/401', '/nowhere', '/throws'].entries()) {
        expect((await site.ask(path)).status).toBeGreaterThanOrEqual(400)
        await left(site, 2 - i)
      }
      expect((await site.ask('/200')).status).toBe(429)
    })
  })

  describe('while requests are in flight', () => {
    /** Asks for five at once, of which none is answered before all of them are decided. */
    async function fiveAtOnce(debit: 'before' | 'after', status: number): Promise<readonly [OpenSite, readonly number[]]> {
      let decided = 0
      let letGo: () => void = () => undefined
      const all = new Promise<void>((resolve) => (letGo = resolve))
      const handle: SiteRoute['handle'] = async () => {
        await all
        return { status }
      }
      const observe: HttpOptions<unknown>['observe'] = () => {
        if (++decided === 5) letGo()
      }
      const site = await open({ limits: [{ name: 'ip', rule, settle: failuresOnly, debit }], observe }, { routes: [{ path: '/', handle }] })
      return [site, ascending(statusesOf(await site.askAtOnce(5, '/')))]
    }

    test('a debit before may refuse what would have been given back, and never passes the limit', async () => {
      const [site, statuses] = await fiveAtOnce('before', 200)
      expect(statuses).toEqual([200, 200, 200, 429, 429])
      await left(site, 3)
    })

    test('a debit after refuses no success', async () => {
      const [site, statuses] = await fiveAtOnce('after', 200)
      expect(statuses).toEqual([200, 200, 200, 200, 200])
      await left(site, 3)
    })

    test('a debit after passes the limit by what is in flight, which becomes debt', async () => {
      const [site, statuses] = await fiveAtOnce('after', 401)
      expect(statuses).toEqual([401, 401, 401, 401, 401])
      await left(site, 0)
      const refused = await site.ask('/')
      expect(refused.status).toBe(429)
      // Two units of debt, and one for the request itself.
      expect(refused.headers['retry-after']).toBe('3600')
    })
  })

  describe('a settlement', () => {
    const settled = (settle: Settle<unknown>, guard: Partial<HttpOptions<unknown>> = {}, handle?: SiteRoute['handle']): Promise<OpenSite> =>
      open({ limits: [{ name: 'ip', rule, settle }], ...guard }, { routes: [{ path: '/', handle }] })

    test('is told of the response, the request and the facts, once', async () => {
      const seen: unknown[] = []
      const settle: Settle<unknown> = ({ status, aborted, header }, _request, http) =>
        void seen.push([status, aborted, header('X-UNITS'), header('x-none'), http.method])
      const site = await settled(settle, {}, () => ({ status: 202, headers: { 'x-units': '2' } }))
      await site.ask('/')
      await eventually(async () => expect(seen).toEqual([[202, false, '2', undefined, 'GET']]))
    })

    test.each<[string, Settle<unknown>, number]>([
      ['keeps the estimate where it answers undefined', () => undefined, 2],
      ['gives the estimate back where it answers 0', () => 0, 3],
      ['charges more than the estimate', () => 3, 0],
      ['may take its time', async () => 2, 1],
      ['may read a response header', (response) => Number(response.header('x-units')), 1],
    ])('%s', async (_what, settle, units) => {
      const site = await settled(settle, {}, () => ({ headers: { 'x-units': '2' } }))
      await site.ask('/')
      await left(site, units)
    })

    test('of a route is for its limits without one of their own, and without a cost of their own', async () => {
      const limits: HttpLimit[] = [
        { name: 'ip', rule },
        { name: 'own', rule, settle: () => 0 },
        { name: 'fixed', rule, cost: 1 },
      ]
      const site = await open({ limits }, { routes: [{ path: '/', sluice: { settle: () => 3 } }] })
      await site.ask('/')
      await left(site, 0)
      expect(await site.remaining('own', '127.0.0.1', 3)).toBe(3)
      expect(await site.remaining('fixed', '127.0.0.1', 3)).toBe(2)
    })

    test('of a route may name its limits, and keeps the estimate of the others', async () => {
      const limits = ['ip', 'tokens'].map((name) => ({ name, rule }))
      const settle: Settle<unknown, Cost> = (response) => ({ tokens: Number(response.header('x-units')) })
      const site = await open({ limits, settle }, { routes: [{ path: '/', handle: () => ({ headers: { 'x-units': '3' } }) }] })
      await site.ask('/')
      await left(site, 2)
      expect(await site.remaining('tokens', '127.0.0.1', 3)).toBe(0)
    })

    test.each<[string, Settle<unknown>]>([
      [
        'throws',
        () => {
          throw new Error('no')
        },
      ],
      ['rejects', () => Promise.reject(new Error('no'))],
      ['answers NaN', () => Number.NaN],
      ['answers less than nothing', () => -1],
      ['answers a fraction', () => 0.5],
    ])('that %s keeps the estimate, and is a fault that is observed', async (_what, settle) => {
      const faults: string[] = []
      const published = publishedFaults()
      const site = await settled(settle, {
        observe: (event) => event.type === 'fault' && faults.push(`${event.error.code} ${event.limit}`),
      })
      expect((await site.ask('/')).status).toBe(200)
      await eventually(async () => expect(faults).toEqual(['SLUICE_FUNCTION ip']))
      expect(published).toMatchObject([{ limit: 'ip', error: { code: 'SLUICE_FUNCTION' } }])
      await left(site, 2)
    })

    test('is not asked for a request that was refused', async () => {
      let calls = 0
      const site = await open({ limits: [{ name: 'ip', rule, initial: 0, settle: () => ++calls }] })
      expect((await site.ask('/')).status).toBe(429)
      await site.ask('/')
      expect(calls).toBe(0)
    })

    test('of more than was there is debt, which the next request waits for', async () => {
      const site = await settled(() => 4)
      await site.ask('/')
      await left(site, 0)
      expect((await site.ask('/')).headers['retry-after']).toBe('2400')
    })
  })

  describe('the handler', () => {
    const handled = (handle: (visit: Visit) => unknown, limits: readonly HttpLimit[] = [{ name: 'ip', rule }]): Promise<OpenSite> =>
      open({ limits }, { routes: [{ path: '/', handle: async (visit) => ({ body: String(await handle(visit)) }) }] })

    test.each<[string, Cost, number]>([
      ['settles for more', 3, 0],
      ['settles for nothing', 0, 3],
      ['settles a limit by its name', { ip: 2 }, 1],
      ['keeps what it does not name', {}, 2],
    ])('%s', async (_what, actual, units) => {
      const site = await handled(({ sluice }) => sluice.settle(actual))
      await site.ask('/')
      await left(site, units)
    })

    test('settles once', async () => {
      const site = await handled(async ({ sluice }) => {
        await sluice.settle(2)
        await sluice.settle(0)
        await sluice.refund()
      })
      await site.ask('/')
      await left(site, 1)
    })

    test('knows better than the settlement of the limit', async () => {
      const limits: HttpLimit[] = [
        { name: 'ip', rule, settle: () => 0 },
        { name: 'other', rule, settle: () => 3 },
      ]
      const site = await handled(({ sluice }) => sluice.settle({ ip: 2 }), limits)
      await site.ask('/')
      await left(site, 1)
      expect(await site.remaining('other', '127.0.0.1', 3)).toBe(0)
    })

    test('leaves limits with a cost of their own alone, unless it names them', async () => {
      const limits: HttpLimit[] = [
        { name: 'ip', rule },
        { name: 'fixed', rule, cost: 1 },
      ]
      const site = await handled(({ sluice }) => sluice.settle(3), limits)
      await site.ask('/')
      await left(site, 0)
      expect(await site.remaining('fixed', '127.0.0.1', 3)).toBe(2)
    })

    test('gives everything back', async () => {
      const site = await handled(
        ({ sluice }) => sluice.refund(),
        [
          { name: 'ip', rule },
          { name: 'user', by: () => 'u1', rule },
        ],
      )
      await site.ask('/')
      await left(site, 3)
      expect(await site.remaining('user', 'u1', 3)).toBe(3)
    })

    test.each([Number.NaN, -1, 0.5, 2 ** 53, { ip: Number.NaN }, null])('cannot settle for %j', async (actual) => {
      const settle = async ({ sluice }: Visit): Promise<string> => {
        try {
          await sluice.settle(actual as Cost)
          return 'settled'
        } catch (error) {
          return (error as { code: string }).code
        }
      }
      for (const limits of [[{ name: 'ip', rule }], [{ name: 'ip', rule, settle: () => 2 }]]) {
        expect((await (await handled(settle, limits)).ask('/')).body).toBe('SLUICE_COST')
      }
    })

    test('may settle where nothing was charged', async () => {
      const handle = async ({ sluice }: Visit) => {
        await sluice.settle(2)
        await sluice.refund()
        return { body: JSON.stringify(sluice.decision) }
      }
      const site = await open({ limits: [{ name: 'ip', rule }] }, { routes: [{ path: '/', sluice: { inherit: false }, handle }] })
      expect(await site.ask('/')).toMatchObject({ status: 200, body: 'null' })
    })
  })
}
