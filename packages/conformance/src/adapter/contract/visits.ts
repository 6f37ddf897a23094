/** What handlers find on a request: the decision, and the facts of HTTP. */
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute, Visit } from '../adapter-under-test.ts'
import type { Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 3, per: '1h' }) }]

function telling(
  tell: (visit: Visit) => unknown,
  route: Omit<SiteRoute, 'handle'> = { path: '/' },
): { readonly routes: readonly SiteRoute[] } {
  return { routes: [{ ...route, handle: (visit) => ({ body: JSON.stringify(tell(visit)) }) }] }
}

export function visitsContract({ open, adapter, describe, test }: Trial): void {
  describe('a handler', () => {
    test('finds the decision', async () => {
      const { ask } = await open(
        { limits },
        telling(({ sluice }) => sluice.decision),
      )
      expect(JSON.parse((await ask('/')).body)).toMatchObject({
        allowed: true,
        outcome: 'allowed',
        refusedBy: [],
        limits: [{ name: 'ip', capacity: 3, remaining: 2, cost: 1 }],
      })
    })

    test.each<[string, Omit<SiteRoute, 'handle'>]>([
      ['has no limit', { path: '/', sluice: { inherit: false } }],
      ['is not guarded this time', { path: '/', sluice: { when: () => false, inherit: false } }],
    ])('finds none where the route %s', async (_what, route) => {
      const { ask } = await open(
        { limits },
        telling(({ sluice }) => sluice.decision, route),
      )
      expect((await ask('/')).body).toBe('null')
    })

    test('finds the facts of its request', async () => {
      const tell = ({ sluice: { http } }: Visit) => [
        http.method,
        http.route,
        http.address,
        http.ip,
        http.header('X-Mixed-Case'),
        http.header('x-twice'),
      ]
      const { ask } = await open({ limits }, telling(tell, { method: 'POST', path: '/items/:id' }))
      const reply = await ask({
        method: 'POST',
        path: '/items/7?page=2',
        headers: { 'x-mixed-CASE': 'a', 'x-twice': ['b', 'c'] },
        json: {},
      })
      expect(JSON.parse(reply.body)).toEqual(['POST', adapter.routeless ? null : '/items/:id', '127.0.0.1', '127.0.0.1', 'a', 'b, c'])
    })

    test('finds no header that the client did not send, whatever JavaScript knows by that name', async () => {
      const names = ['x-none', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
      const { ask } = await open(
        { limits },
        telling(({ sluice }) => names.map((name) => typeof sluice.http.header(name))),
      )
      expect(JSON.parse((await ask('/')).body)).toEqual(names.map(() => 'undefined'))
    })
  })
}
