import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted, notationOf } from '../../test/addresses.ts'
import { addressText, parseAddress } from './address.ts'

/** RFC 5952, sections 4 and 5. */
test.each([
  ['2001:0db8::0001', '2001:db8::1'],
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::ABCD', '2001:db8::abcd'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['0:0:3:4:5:6:7:8', '::3:4:5:6:7:8'],
  ['0:2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
])('%s is written %s', (notation, text) => {
  expect(addressText(parseAddress(notation)!)).toBe(text)
})

test('agrees with the URL standard, which writes hosts by the same rules', () => {
  fc.assert(
    fc.property(anyIpv6.chain(notationOf), (notation) => {
      expect(`[${addressText(parseAddress(notation)!)}]`).toBe(new URL(`http://[${notation}]`).hostname)
    }),
    { numRuns: 1000 },
  )
})

test('writes IPv4 as dotted decimal', () => {
  fc.assert(fc.property(anyIpv4, (value) => addressText({ family: 4, words: [value] }) === dotted(value)))
})
