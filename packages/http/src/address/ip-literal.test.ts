import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted, notationOf } from '../../test/addresses.ts'
import { parseIpv4, parseIpv6 } from './ip-literal.ts'

test.each([
  ['0.0.0.0', 0],
  ['127.0.0.1', 0x7f000001],
  ['255.255.255.255', 0xffffffff],
])('%s is %d', (text, word) => {
  expect(parseIpv4(text)).toBe(word)
})

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '01.2.3.4',
  '1.2.3.00',
  '1.2.3.256',
  '1.2.3.-4',
  '1.2.3.4 ',
  '1.2.3.0x4',
  '1e1.2.3.4',
  '１.2.3.4',
])('%j is no IPv4 address', (text) => {
  expect(parseIpv4(text)).toBeNull()
})

test.each([
  ['::', [0, 0, 0, 0]],
  ['::1', [0, 0, 0, 1]],
  ['1::', [0x10000, 0, 0, 0]],
  ['2001:db8::1.2.3.4', [0x20010db8, 0, 0, 0x01020304]],
  ['1:2:3:4:5:6:7::', [0x10002, 0x30004, 0x50006, 0x70000]],
  ['FFFF:FFFF:ffff:ffff:ffff:ffff:ffff:ffff', [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
])('%s is read', (text, words) => {
  expect(parseIpv6(text)).toEqual(words)
})

test.each([
  '',
  ':',
  ':::',
  '::1::',
  '1::2::3',
  ':1',
  '1:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '::1:2:3:4:5:6:7:8',
  '12345::',
  '::g',
  '1.2.3.4',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '::1.2.3',
  '::01.2.3.4',
  '1:2:3:4:5:6:7:1.2.3.4',
  'fe80::1%eth0',
  '[::1]',
  ' ::1',
])('%j is no IPv6 address', (text) => {
  expect(parseIpv6(text)).toBeNull()
})

describe('together with net.isIP', () => {
  const verdict = (text: string): number => (parseIpv4(text) !== null ? 4 : parseIpv6(text) !== null ? 6 : 0)
  const nearlyAddress = fc.array(fc.constantFrom('::', ':', '.', '0', '1', 'ffff', 'ab', '255', '256', '1.2.3.4', '00', 'g'), {
    maxLength: 17,
  })

  test('judges alike what looks like an address', () => {
    fc.assert(
      fc.property(nearlyAddress, (parts) => {
        const text = parts.join('')
        expect(verdict(text)).toBe(isIP(text))
      }),
      { numRuns: 5000 },
    )
  })

  test('judges alike every notation of an address', () => {
    fc.assert(
      fc.property(anyIpv6.chain(notationOf), (text) => {
        expect([verdict(text), isIP(text)]).toEqual([6, 6])
      }),
      { numRuns: 1000 },
    )
    fc.assert(fc.property(anyIpv4, (value) => parseIpv4(dotted(value)) === value))
  })
})

test('all notations of one address have one value', () => {
  fc.assert(
    fc.property(
      anyIpv6.chain((groups) => fc.tuple(fc.constant(groups), notationOf(groups))),
      ([groups, text]) => {
        expect(parseIpv6(text)?.flatMap((word) => [word >>> 16, word & 0xffff])).toEqual(groups)
      },
    ),
    { numRuns: 1000 },
  )
})
