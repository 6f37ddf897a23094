/** What callers are told of, and what never leaves the process. */
import { shareOf, tokenBucket } from '@sluice/core'
import type { HeaderPreset, HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import type { Reply } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { statusesOf, type Trial } from '../trial.ts'

const perHour = (capacity: number) => tokenBucket({ capacity, per: '1h' })
const everyPreset: readonly HeaderPreset[] = ['draft-11', 'x-ratelimit-delta', 'retry-after-ms', { preset: 'gateway', prefix: 'X-Acme-GW' }]

/** All that a client can see. */
function allOf({ headers, body }: Reply): string {
  return JSON.stringify([headers, body])
}

export function disclosureContract({ open, describe, test }: Trial): void {
  describe('an undisclosed limit', () => {
    const secret: HttpLimit = { name: 'secret', by: () => 'all', rule: perHour(7919), disclose: false }

    test.each(['application/json', 'text/html', 'text/plain'])(
      'appears in no header and no body (%s), whether it refuses or not',
      async (accept) => {
        const open_: HttpLimit = { name: 'open', rule: perHour(9000) }
        const site = await open(
          { limits: [secret, open_], headers: everyPreset },
          { routes: [{ path: '/' }, { path: '/dear', sluice: { cost: 7919 } }] },
        )
        const ask = (path: string) => site.ask({ path, headers: { accept } })
        const replies = [await ask('/'), await ask('/dear')]
        expect(statusesOf(replies)).toEqual([200, 429])
        for (const reply of replies) {
          expect(quotaOf(reply)).toEqual({ open: { q: 9000, w: 3600, r: 8999, t: 1 } })
          expect(allOf(reply)).not.toMatch(/secret|791\d/)
        }
      },
    )

    test('that is impossible to pay does not give its capacity away', async () => {
      const site = await open({ limits: [secret], cost: () => 8000 })
      const refused = await site.ask('/')
      expect(refused.status).toBe(429)
      expect(refused.headers).not.toHaveProperty('ratelimit')
      expect(allOf(refused)).not.toMatch(/secret|79\d\d|8000/)
    })

    test('may be the parent of a share, which then speaks for itself', async () => {
      const site = await open({ limits: [secret, { name: 'seller', rule: shareOf('secret', 0.5) }], headers: everyPreset })
      const reply = await site.ask('/')
      expect(quotaOf(reply)).toMatchObject({ seller: { q: 3959, r: 3958 } })
      expect(allOf(reply)).not.toMatch(/secret|791\d/)
    })
  })

  describe('a shadow limit', () => {
    const shadow: HttpLimit = { name: 'shadow', rule: perHour(1), shadow: true }

    test('refuses no request, prolongs no wait, and is in no header', async () => {
      const site = await open({ limits: [shadow, { name: 'ip', rule: perHour(2) }] })
      const replies = await site.askTimes(3, '/')
      expect(statusesOf(replies)).toEqual([200, 200, 429])
      expect(replies[2]!.headers['retry-after']).toBe('1800')
      for (const reply of replies) expect(allOf(reply)).not.toContain('shadow')
    })

    test.each<[string, SiteRoute['sluice']]>([
      ['', undefined],
      [', once a request, though a later stage has it in its list', { cost: async () => 1 }],
      [', once a request, though a later stage asks for more', { cost: async () => 2 }],
    ])('is told to those who observe%s', async (_what, sluice) => {
      const wouldRefuse: string[] = []
      const site = await open(
        {
          limits: [shadow, { name: 'ip', rule: perHour(100) }],
          observe(event) {
            if (event.type === 'decision') for (const limit of event.decision.limits) if (!limit.allowed) wouldRefuse.push(limit.name)
          },
        },
        { routes: [{ path: '/' }, { path: '/staged', sluice }] },
      )
      await site.ask('/')
      await site.askTimes(2, '/staged')
      expect(wouldRefuse).toEqual(['shadow', 'shadow'])
      expect(await site.remaining('shadow', '127.0.0.1', 1)).toBe(0)
    })
  })

  describe('the name of a limit', () => {
    test.each([
      ['quotes', 'a "good" limit'],
      ['backslashes', 'C:\\limits\\new'],
      ['separators', 'a;b=1, c'],
      ['all of printable ASCII', String.fromCharCode(...Array.from({ length: 95 }, (_, i) => i + 32))],
    ])('survives in both fields with %s in it', async (_what, name) => {
      const site = await open({ limits: [{ name, rule: perHour(2) }] })
      for (const [i, reply] of (await site.askTimes(3, '/')).entries())
        expect(quotaOf(reply)[name]).toMatchObject({ q: 2, r: Math.max(0, 1 - i) })
    })

    test('that means something to JavaScript is a name like any other', async () => {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      const site = await open({ limits: names.map((name) => ({ name, rule: perHour(2) })) })
      const [, passed, refused] = await site.askTimes(3, '/')
      expect(Object.keys(quotaOf(passed!))).toEqual(names)
      expect(JSON.parse(refused!.body)['violated-policies']).toEqual(names)
    })

    test.each([
      ['latin-1', 'caf\u00e9'],
      ['a line break', 'a\r\nSet-Cookie: b=1'],
      ['a NUL', 'a\u0000b'],
      ['more than ASCII', '천천히'],
      ['nothing', ''],
    ])('with %s in it does not start', async (_what, name) => {
      await expect(open({ limits: [{ name, rule: perHour(2) }] })).rejects.toThrow('SLUICE_LIMIT_NAME')
    })
  })

  describe('header families', () => {
    const limits: readonly HttpLimit[] = [{ name: 'ip', rule: perHour(2) }]

    test('none leave the refusal its Retry-After alone', async () => {
      const site = await open({ limits, headers: false })
      const [passed, , refused] = await site.askTimes(3, '/')
      expect(Object.keys(passed!.headers).filter((name) => name.includes('ratelimit'))).toEqual([])
      expect(Object.keys(refused!.headers).filter((name) => name.includes('ratelimit'))).toEqual([])
      expect(refused!.headers['retry-after']).toBe('1800')
    })

    test('X-RateLimit counts the seconds from now, or since 1970, as it is told', async () => {
      const delta = await open({ limits, headers: ['x-ratelimit-delta'] })
      expect((await delta.ask('/')).headers).toMatchObject({
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '1',
        'x-ratelimit-reset': '1800',
      })
      const epoch = await open({ limits, headers: ['x-ratelimit-epoch'] })
      const reset = Number((await epoch.ask('/')).headers['x-ratelimit-reset'])
      expect(Math.abs(reset - (Date.now() / 1000 + 1800))).toBeLessThan(5)
    })

    test('retry-after-ms is for clients that can wait less than a second', async () => {
      const site = await open({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '700ms' }) }], headers: ['retry-after-ms'] })
      const { headers } = (await site.askTimes(2, '/'))[1]!
      expect(headers['retry-after']).toBe('1')
      expect(Number(headers['retry-after-ms'])).toBeGreaterThan(500)
      expect(Number(headers['retry-after-ms'])).toBeLessThanOrEqual(700)
    })

    test('of a gateway tell the rate and the quota of a share', async () => {
      const app: HttpLimit = { name: 'app', by: () => 'a', rule: tokenBucket({ capacity: 4, per: '1s' }) }
      const site = await open({
        limits: [app, { name: 'seller', by: () => 's', rule: shareOf('app', 0.5) }],
        headers: [{ preset: 'gateway', prefix: 'X-Acme-GW' }],
      })
      expect((await site.ask('/')).headers).toMatchObject({
        'x-acme-gw-ratelimit-replenish-rate': '4',
        'x-acme-gw-ratelimit-burst-capacity': '4',
        'x-acme-gw-ratelimit-remaining': '3',
        'x-acme-gw-quota-period': 'SECONDS',
        'x-acme-gw-quota-limit': '2',
        'x-acme-gw-quota-remaining': '1',
      })
    })
  })
}
