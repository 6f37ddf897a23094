/** What events say of requests: who, where, and each limit of a request once. */
import {
  ban,
  createLimiter,
  type DecidedRequest,
  type DecisionEvent,
  type Limiter,
  type LimiterEvent,
  type SettledEvent,
  tokenBucket,
} from '@sluice/core'
import type { HttpLimit, HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import { eventually, statusesOf, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit = { name: 'ip', rule }
const all: HttpLimit = { name: 'all', by: () => 'all', rule }
const none: HttpLimit = { name: 'none', by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }), cost: 1 }
const me = '127.0.0.1'

export function eventsContract({ adapter, open, openStore, describe, test }: Trial): void {
  const itemRoute = adapter.routeless === true ? null : '/items/:id'

  describe('the events of settlements, bans and faults', () => {
    test('have method, route, address and the request itself, as those of decisions have', async () => {
      const events: LimiterEvent[] = []
      const requests = new Set<unknown>()
      const seen: HttpLimit['by'] = (request) => {
        requests.add(request)
        return 'all'
      }
      const once: HttpLimit = {
        name: 'once',
        by: seen,
        rule: tokenBucket({ capacity: 1, per: '1h' }),
        ban: ban({ after: 1, within: '1m', for: '1m' }),
      }
      const broken: HttpLimit = {
        name: 'broken',
        by: () => {
          throw new Error('no')
        },
        rule,
      }
      const site = await open(
        { observe: (event) => void events.push(event), onFault: 'allow' },
        { routes: [{ path: '/items/:id', sluice: { limits: [{ ...ip, settle: () => 2 }, broken, once], cost: () => fail('no') } }] },
      )
      expect(statusesOf(await site.askTimes(2, '/items/7'))).toEqual([200, 429])
      await eventually(async () => {
        const published = events.filter(({ type }) => type !== 'decision' && type !== 'store')
        expect(new Set(published.map(({ type }) => type))).toEqual(new Set(['settled', 'ban', 'fault']))
        for (const { http } of published as readonly { readonly http?: DecidedRequest }[]) {
          expect(http).toMatchObject({ method: 'GET', route: itemRoute, address: me })
          expect(requests.has(http!.request)).toBe(true)
        }
        // Of the limit and of the route's cost, for each request.
        expect(published.filter(({ type }) => type === 'fault')).toHaveLength(4)
      })
      expect(JSON.stringify(events)).not.toMatch(/headers|cookie/i)
    })
  })

  describe('the event of a decision', () => {
    test('has method, route, address and the request itself, which no log shows', async () => {
      const events: DecisionEvent[] = []
      const requests: unknown[] = []
      const own: HttpLimit = {
        ...all,
        by(request) {
          requests.push(request)
          return 'all'
        },
      }
      const observe = (event: LimiterEvent): void => void (event.type === 'decision' && events.push(event))
      const { ask } = await open({ observe }, { routes: [{ path: '/items/:id', sluice: { limits: [ip, own] } }] })
      await ask({ path: '/items/7', headers: { cookie: 'session=hunter2' } })
      const last = events.at(-1)!
      expect(last).toMatchObject({ verb: 'reserve', http: { method: 'GET', route: itemRoute, address: me } })
      expect(last.http!.request).toBe(requests.at(-1))
      expect(JSON.parse(JSON.stringify(last.http))).toEqual({ method: 'GET', route: itemRoute, address: me })
      const limits = events.flatMap((event) => event.limits).map(({ limit, key, outcome, again }) => [limit, key, outcome, again])
      expect(limits).toEqual([
        ['ip', me, 'allowed', false],
        ['all', 'all', 'allowed', false],
      ])
    })

    test('of a limit with hashKey has the hash of its key alone, which operators find by the address', async () => {
      const keys: unknown[] = []
      const observe = (event: LimiterEvent): void => void (event.type === 'decision' && keys.push(...event.limits.map(({ key }) => key)))
      const { ask, admin } = await open({ limits: [{ ...ip, hashKey: true }], observe })
      await ask('/')
      expect(keys).toEqual([{ hashed: expect.stringMatching(/^h[0-9a-f]{64}$/) }])
      await admin.block('ip', me, '1m')
      expect(await admin.bans('ip')).toMatchObject([{ key: keys[0] }])
      expect((await ask('/')).status).toBe(429)
    })

    test('of a bound limiter has the request as well', async () => {
      const { store } = await openStore()
      const jobs: Limiter<string> = createLimiter<string>({ store, limits: [{ name: 'jobs', by: (id) => id, rule }] })
      const events: DecisionEvent[] = []
      jobs.observe((event) => event.type === 'decision' && events.push(event))
      const limiter = adapter.bind(jobs, () => 'seven')
      const { ask } = await open({ limits: [ip], store }, { routes: [{ path: '/items/:id', sluice: { limiter } }] })
      await ask('/items/7')
      expect(events[0]!.stage).toBeGreaterThan(0)
      expect(events).toMatchObject([{ limits: [{ key: 'seven' }], http: { method: 'GET', route: itemRoute, address: me } }])
    })

    test('counts a request in two stages once for each limit, also one that is refused in the second', async () => {
      const events: DecisionEvent[] = []
      const observe = (event: LimiterEvent): void => void (event.type === 'decision' && events.push(event))
      const site = await open({ limits: [ip, all], observe }, { routes: [{ path: '/', sluice: { limits: [none], cost: 2 } }] })
      await site.askTimes(2, '/')
      const counted = events
        .flatMap(({ limits }) => limits.filter(({ again }) => !again))
        .map(({ limit, outcome }) => `${limit} ${outcome}`)
      expect(counted.toSorted()).toEqual(['all allowed', 'all allowed', 'ip allowed', 'ip allowed', 'none limited', 'none near'])
      expect(events.filter(({ stage }) => stage === 0).length).toBe(2)
    })
  })

  test('the events of a request add up to what its buckets have lost', async () => {
    const units: Record<string, number> = { ip: 0, all: 0, none: 0 }
    const add = ({ limit, actual, estimated, excess }: SettledEvent): void => {
      units[limit]! += actual - estimated - excess
    }
    const observe: HttpOptions<unknown>['observe'] = (event) => {
      if (event.type === 'decision') for (const { limit, charged } of event.limits) units[limit]! += charged
      if (event.type === 'settled') add(event)
    }
    const settle = (): number => 3
    const site = await open(
      { limits: [ip, { ...all, settle }], observe },
      { routes: [{ path: '/' }, { path: '/none', sluice: { limits: [none] } }] },
    )
    for (const path of ['/', '/none', '/none', '/none', '/']) await site.ask(path)
    await eventually(async () => {
      const left = [await site.remaining('ip', me, 10), await site.remaining('all', 'all', 10), await site.remaining('none', 'all', 1)]
      expect(left).toEqual([7, 1, 0])
    })
    expect(units).toEqual({ ip: 3, all: 9, none: 1 })
  })
}

function fail(message: string): never {
  throw new Error(message)
}
