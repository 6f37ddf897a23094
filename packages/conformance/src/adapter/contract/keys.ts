/** Keys: two that differ never meet, and no key is too odd, too long or too clever. */
import { type Key, skip, tokenBucket } from '@sluice/core'
import type { HttpFacts } from '@sluice/http'
import { expect } from 'vitest'
import { quotaOf } from '../quota-fields.ts'
import { type OpenSite, statusesOf, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 1, per: '1h' })
const megabyte = 'x'.repeat(1 << 20)

/** No two of them are the same key. */
const awkward: readonly Key[] = [
  ...[
    '',
    ' ',
    'a',
    'A',
    'a ',
    '0',
    '1',
    'true',
    'null',
    'undefined',
    'NaN',
    '*',
    '?',
    '[a]',
    ':',
    '{',
    '}',
    '{a}',
    '{}',
    '%61',
    '\u00e9',
    'e\u0301',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'],
  ...['\ud800', '\ud801', '\udc00', '\ufffd', 'a\r\nb', 'a\nb', 'a\u0000b', '\u0000', '\u200b', '\uff41', '\ufeff'],
  ...[megabyte, `${megabyte}y`, `y${megabyte}`, 'x'.repeat(256), 'x'.repeat(257)],
  ...[0, 1, -1, 1.5, 1e21, 0n, 1n, 10n ** 400n, true, false],
  [],
  ['a', 'b'],
  ['b', 'a'],
  ['a,b'],
  ['a:b', 'c'],
  ['a', 'b:c'],
  ['a', ''],
  ['', 'a'],
  ['', ''],
  ['a', 1],
  ['a', '1'],
  ['a', true],
]

export function keysContract({ open, describe, test }: Trial): void {
  /** A site whose limit counts by one of these keys, which the request chooses by its number. */
  const byKey = (keys: readonly unknown[]): Promise<OpenSite> =>
    open({
      limits: [{ name: 'key', by: (_request: unknown, http: HttpFacts) => keys[Number(http.header('x-key'))] as Key, rule }],
      onFault: 'deny',
    })

  const ask = (site: OpenSite, key: number) => site.ask({ path: '/', headers: { 'x-key': String(key) } })

  describe('a key', () => {
    test('has a bucket of its own, however odd it is', async () => {
      const site = await byKey(awkward)
      for (let i = 0; i < awkward.length; i++) {
        expect(statusesOf([await ask(site, i), await ask(site, i)]), `key ${i}: ${String(awkward[i]).slice(0, 40)}`).toEqual([200, 429])
      }
    })

    test('that is not echoed cannot be read from a refusal', async () => {
      const site = await byKey([megabyte])
      await ask(site, 0)
      const refused = await ask(site, 0)
      expect(refused.body.length).toBeLessThan(1000)
      expect(refused.body).not.toContain('xxx')
    })

    test.each([
      ['one part and that part alone', 'a', ['a']],
      ['0 and -0', 0, -0],
    ])('is the same as another: %s', async (_what, one, other) => {
      const site = await byKey([one, other])
      expect(statusesOf([await ask(site, 0), await ask(site, 1)])).toEqual([200, 429])
    })

    test('of `skip` says that the limit does not apply', async () => {
      const site = await byKey([skip])
      const replies = [await ask(site, 0), await ask(site, 0)]
      expect(statusesOf(replies)).toEqual([200, 200])
      expect(quotaOf(replies[0]!)).toEqual({})
    })

    test.each([
      ['undefined', undefined],
      ['null', null],
      ['NaN', Number.NaN],
      ['infinity', Number.POSITIVE_INFINITY],
      ['an object', {}],
      ['a symbol', Symbol('key')],
      ['a list with a hole', [undefined, 'a']],
      ['a list with null', ['a', null]],
      ['a list in a list', [['a']]],
      ['more parts than a key has', Array(17).fill('a')],
    ])('of %s is a fault, not a bucket', async (_what, key) => {
      const faults: string[] = []
      const site = await byKey([key])
      site.admin.observe((event) => event.type === 'fault' && faults.push(event.error.code))
      expect((await ask(site, 0)).status).toBe(503)
      expect(faults).toEqual(['SLUICE_KEY'])
    })

    test('of two limits is two keys', async () => {
      const by = () => 'the same'
      const site = await open({
        limits: [
          { name: 'a', by, rule: tokenBucket({ capacity: 5, per: '1h' }) },
          { name: 'ab', by, rule: tokenBucket({ capacity: 7, per: '1h' }) },
        ],
      })
      expect(quotaOf(await site.ask('/'))).toMatchObject({ a: { r: 4 }, ab: { r: 6 } })
    })
  })
}
