import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusalFormat } from './accept.ts'

const firefox = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
const chrome =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'
const lynx = 'text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01'

test.each([
  ['Firefox', firefox, 'Mozilla/5.0', 'page'],
  ['Chrome', chrome, 'Mozilla/5.0', 'page'],
  ['lynx', lynx, 'Lynx/2.9', 'page'],
  ['an XHTML reader', 'application/xhtml+xml', undefined, 'page'],
  ['fetch', '*/*', 'node', 'problem'],
  ['a browser script calling fetch', '*/*', 'Mozilla/5.0', 'problem'],
  ['a client without the header', undefined, undefined, 'problem'],
  ['axios', 'application/json, text/plain, */*', 'axios/1.13', 'problem'],
  ['ky', 'application/json', undefined, 'problem'],
  ['jQuery', 'application/json, text/javascript, */*; q=0.01', 'Mozilla/5.0', 'problem'],
  ['a client of problem details', 'application/problem+json', undefined, 'problem'],
  ['an SDK with a type of its own', 'application/vnd.acme.v3+json', undefined, 'problem'],
  ['an image tag', 'image/avif,image/webp,image/*,*/*;q=0.8', 'Mozilla/5.0', 'problem'],
  ['an event source', 'text/event-stream', 'Mozilla/5.0', 'problem'],
  ['curl', '*/*', 'curl/8.5.0', 'line'],
  ['wget', '*/*', 'Wget/1.24.5', 'line'],
  ['curl with a bare request', undefined, 'curl/8.5.0', 'line'],
  ['curl that asks for JSON', 'application/json', 'curl/8.5.0', 'problem'],
  ['curl that asks for JSON or anything', 'application/json, */*', 'curl/8.5.0', 'problem'],
  ['curl that asks for a page', 'text/html', 'curl/8.5.0', 'page'],
  ['a program that poses as curl in the middle', '*/*', 'not-curl/1', 'problem'],
  ['plain text', 'text/plain', undefined, 'line'],
  ['any text', 'text/*', undefined, 'line'],
])('%s gets its form', (_, accept, userAgent, format) => {
  expect(refusalFormat(accept, userAgent)).toBe(format)
})

describe('weights', () => {
  test.each([
    ['the higher wins', 'application/json;q=0.5, text/plain;q=0.6', 'line'],
    ['order does not matter', 'text/plain;q=0.2, application/json;q=0.9, text/html', 'page'],
    ['0 forbids, even before a wildcard', 'application/json;q=0, application/problem+json;q=0, */*;q=0.1', 'line'],
    ['one that cannot be read is no wish', 'application/json;q=high, text/plain;q=0.1', 'line'],
    ['more than three decimals cannot be read', 'application/json;q=0.1234, text/plain;q=0.1', 'line'],
    ['above 1 cannot be read', 'application/json;q=2, text/plain;q=0.1', 'line'],
    ['other parameters are not weights', 'text/html;level=1, application/json;q=0.4', 'page'],
    ['case and space do not matter', ' TEXT/HTML ; Q=0.9 , application/json ; q=0.8 ', 'page'],
    ['nothing acceptable still gets problem details', '*/*;q=0', 'problem'],
    ['an empty header wishes nothing', '', 'problem'],
  ])('%s', (_, accept, format) => {
    expect(refusalFormat(accept, undefined)).toBe(format)
  })
})

test('any header gets one of the three forms', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (accept, userAgent) => {
      expect(['problem', 'page', 'line']).toContain(refusalFormat(accept, userAgent))
    }),
  )
})

test('a page is never given to those who did not name one', () => {
  const range = fc.constantFrom('*/*', 'text/*', 'application/*', 'text/plain', 'application/json', 'image/*')
  const member = fc.tuple(range, fc.constantFrom('', ';q=0', ';q=0.5', ';q=1')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(member), (members) => {
      expect(refusalFormat(members.join(','), undefined)).not.toBe('page')
    }),
  )
})

test.each([
  ['separators', ','.repeat(1_000_000)],
  ['parameters', `text/html${';'.repeat(1_000_000)}`],
  ['spaces before a bad weight', `text/html;q=${' '.repeat(1_000_000)}x`],
])('a megabyte of %s is read in linear time', (_, accept) => {
  const startedMs = performance.now()
  refusalFormat(accept, undefined)
  expect(performance.now() - startedMs).toBeLessThan(1000)
})
