import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted, mapped, notationOf } from '../../test/addresses.ts'
import { addressText, parseAddress, parseBareAddress } from './address.ts'

const read = (text: string): string | null => {
  const address = parseAddress(text)
  return address === null ? null : addressText(address)
}

describe('reads through what proxies write around an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:443', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1.2.3.4', '2001:db8::102:304'],
    ['[::ffff:192.0.2.7]:443', '192.0.2.7'],
  ])('%j is %s', (text, address) => {
    expect(read(text)).toBe(address)
  })
})

describe('reads nothing else', () => {
  test.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    'localhost',
    'example.com:80',
    '01.2.3.4',
    '1.2.3.4.5',
    '192.0.2.7:',
    '192.0.2.7:http',
    '192.0.2.7:123456',
    '192.0.2.7%eth0',
    '[192.0.2.7',
    '2001:db8::1]',
    '[2001:db8::1]443',
    '[2001:db8::1]:',
    '[[::1]]',
    '[]',
    '::1/128',
    '"192.0.2.7"',
    'for=192.0.2.7',
    '192.0.2.7, 192.0.2.8',
    '::ffff:1.2.3',
    '::ffff:01.2.3.4',
    'x'.repeat(1_000_000),
  ])('%j', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  test('whatever it is given, it answers with an address or null', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const address = parseAddress(text)
        if (address !== null) expect(parseAddress(addressText(address))).toEqual(address)
      }),
    )
  })
})

describe('IPv4 mapped into IPv6', () => {
  test.each([
    '::ffff:1.2.3.4',
    '::FFFF:1.2.3.4',
    '::ffff:102:304',
    '0:0:0:0:0:ffff:102:304',
    '0000:0000:0000:0000:0000:ffff:0102:0304',
    '[::ffff:1.2.3.4]:80',
  ])('%s is 1.2.3.4', (text) => {
    expect(read(text)).toBe('1.2.3.4')
  })

  test('is that IPv4 address in every notation', () => {
    fc.assert(
      fc.property(
        anyIpv4.chain((value) => fc.tuple(fc.constant(value), notationOf(mapped(value)))),
        ([value, text]) => {
          expect(parseAddress(text)).toEqual({ family: 4, words: [value] })
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each([
    '::1.2.3.4',
    '2001:db8::1.2.3.4',
    '::ffff:0:1.2.3.4',
    '1::ffff:1.2.3.4',
    '64:ff9b:2::1.2.3.4',
    '64:ff9b:1::1:1.2.3.4',
    '64:ff9b::1:0:1.2.3.4',
  ])('is not every address with a dotted tail: %s', (text) => {
    expect(parseAddress(text)?.family).toBe(6)
  })
})

test('all notations of one address give equal records and one text', () => {
  fc.assert(
    fc.property(
      anyIpv6.chain((groups) => fc.tuple(notationOf(groups), notationOf(groups))),
      ([one, other]) => {
        expect(parseAddress(one)).toEqual(parseAddress(other))
        expect(read(one)).toBe(read(other))
      },
    ),
    { numRuns: 1000 },
  )
})

test('configuration is written without ports, brackets and spaces', () => {
  for (const text of ['192.0.2.7:80', '[::1]', '192.0.2.7%eth0', ' ::1']) expect(parseBareAddress(text)).toBeNull()
  expect(parseBareAddress('fe80::1%eth0')).toEqual(parseBareAddress('fe80::1'))
  expect(parseBareAddress('::ffff:1.2.3.4')).toEqual(parseBareAddress(dotted(0x01020304)))
})
