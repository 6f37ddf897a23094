/** What is read of responses: the fields of the IETF draft and of the next one, and waits, also from those who write them badly. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Reading, readingOf } from './fields.ts'

function read(headers: Readonly<Record<string, string>>, status = 200): Reading {
  return readingOf({ status, headers: new Headers(headers) })
}

describe('the limit that is nearest to its end', () => {
  test.each<
    [what: string, headers: Readonly<Record<string, string>>, tightest: (Reading['tightest'] & Pick<Reading, 'moreMs'>) | undefined]
  >([
    ['one', { RateLimit: '"ip";r=3;t=6', 'RateLimit-Policy': '"ip";q=10;w=60' }, { name: 'ip', remaining: 3, limit: 10, moreMs: 6000 }],
    ['the names of the next draft', { RateLimit: '"ip";a=3;w=6' }, { name: 'ip', remaining: 3, limit: undefined, moreMs: 6000 }],
    [
      'of several, by share and not by units',
      { RateLimit: '"hour";r=90;t=1, "second";r=2;t=1', 'RateLimit-Policy': '"hour";q=1000;w=3600, "second";q=4;w=1' },
      { name: 'hour', remaining: 90, limit: 1000, moreMs: 1000 },
    ],
    [
      'a name with marks of its own',
      { RateLimit: '"a\\"b;r=9, c";r=1' },
      { name: 'a"b;r=9, c', remaining: 1, limit: undefined, moreMs: undefined },
    ],
    [
      'a parameter that holds the words of another',
      { RateLimit: '"ip";c=";r=9";r=1' },
      { name: 'ip', remaining: 1, limit: undefined, moreMs: undefined },
    ],
    ['not what happens at once', { RateLimit: '"slots";r=0', 'RateLimit-Policy': '"slots";q=2;qu="concurrent-requests"' }, undefined],
    ['nothing of a token in place of a string', { RateLimit: 'ip;r=3' }, undefined],
    ['nothing of a list that ends in a comma', { RateLimit: '"ip";r=3,' }, undefined],
    ['nothing where one item is wrong', { RateLimit: '"ip";r=3, "b"?' }, undefined],
    ['nothing of a negative number', { RateLimit: '"ip";r=-3' }, undefined],
    ['nothing of a response from a cache', { RateLimit: '"ip";r=3', Age: '12' }, undefined],
  ])('%s', (_what, headers, tightest) => {
    const { tightest: found, moreMs } = read(headers)
    expect(found && { ...found, moreMs }).toEqual(tightest)
  })

  test('whatever a server writes, reading never throws and takes no time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
        const headers = { get: (name: string) => (name === 'age' ? null : text) }
        expect(readingOf({ status: 429, headers }).isRefusal).toBe(true)
      }),
    )
    const hostile = `"a"${';b="\\"'.repeat(20_000)}`
    const began = performance.now()
    readingOf({ status: 200, headers: { get: () => hostile } })
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('a wait', () => {
  test.each<
    [what: string, status: number, headers: Readonly<Record<string, string>>, wait: [isRefusal: boolean, retryMs: number | undefined]]
  >([
    ['in seconds', 429, { 'Retry-After': '12' }, [true, 12_000]],
    ['of an overload', 503, { 'Retry-After': '12' }, [true, 12_000]],
    ['missing from an error', 503, {}, [false, undefined]],
    [
      'as a date, by the clock of the server',
      429,
      { 'Retry-After': 'Mon, 30 Nov 2026 12:00:30 GMT', Date: 'Mon, 30 Nov 2026 12:00:00 GMT' },
      [true, 30_000],
    ],
    ['as a date without the clock of the server', 429, { 'Retry-After': 'Mon, 30 Nov 2026 12:00:30 GMT' }, [true, undefined]],
    ['nonsense', 429, { 'Retry-After': 'soon' }, [true, undefined]],
    ['missing, where the field says when more is there', 429, { RateLimit: '"ip";r=0;t=7' }, [true, 7000]],
    ['missing, where the field says that some is left', 429, { RateLimit: '"ip";r=2;t=7' }, [true, undefined]],
  ])('%s', (_what, status, headers, wait) => {
    const { isRefusal, retryMs } = read(headers, status)
    expect([isRefusal, retryMs]).toEqual(wait)
  })
})
