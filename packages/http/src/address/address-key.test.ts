import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted, mapped, notationOf } from '../../test/addresses.ts'
import { parseAddress } from './address.ts'
import { addressKey, checkIpv6Prefix, keyOf } from './address-key.ts'

const key = (text: string, prefix?: number): string => keyOf(parseAddress(text)!, prefix)
const text = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':')

test.each([
  ['192.0.2.7', 56, '192.0.2.7'],
  ['::ffff:192.0.2.7', 56, '192.0.2.7'],
  ['2001:db8:1:1234::1', 56, '2001:db8:1:1200::/56'],
  ['2001:db8:1:1234::1', 48, '2001:db8:1::/48'],
  ['2001:db8:1:1234::1', 64, '2001:db8:1:1234::/64'],
  ['2001:db8:1:1234::1', 128, '2001:db8:1:1234::1/128'],
  ['ffff:ffff::', 32, 'ffff:ffff::/32'],
  ['::1', 56, '::/56'],
])('%s by /%d counts as %s', (address, prefix, bucket) => {
  expect(key(address, prefix)).toBe(bucket)
})

describe('IPv6', () => {
  test('groups by /56 unless told otherwise', () => {
    expect(key('2001:db8:1:12ff::1')).toBe(key('2001:db8:1:1200::9'))
    expect(key('2001:db8:1:12ff::1')).not.toBe(key('2001:db8:1:13ff::1'))
  })

  test('a client that rotates what lies behind the prefix stays in one bucket', () => {
    fc.assert(
      fc.property(anyIpv6, fc.integer({ min: 32, max: 128 }), fc.integer({ min: 0, max: 127 }), (groups, prefix, bit) => {
        const flipped = groups.with(bit >> 4, groups[bit >> 4]! ^ (0x8000 >> (bit & 15)))
        fc.pre(parseAddress(text(flipped))!.family === 6)
        if (bit >= prefix) expect(key(text(flipped), prefix)).toBe(key(text(groups), prefix))
        else expect(key(text(flipped), prefix)).not.toBe(key(text(groups), prefix))
      }),
      { numRuns: 1000 },
    )
  })

  test('every notation of one address has one bucket', () => {
    fc.assert(
      fc.property(
        anyIpv6.chain((groups) => fc.tuple(notationOf(groups), notationOf(groups))),
        ([one, other]) => {
          expect(key(one)).toBe(key(other))
        },
      ),
    )
  })
})

describe('IPv4', () => {
  test('has one bucket an address, mapped or plain', () => {
    fc.assert(
      fc.property(
        anyIpv4.chain((value) => fc.tuple(fc.constant(value), notationOf(mapped(value)))),
        ([value, notation]) => {
          expect(key(notation)).toBe(dotted(value))
        },
      ),
    )
  })

  test('two clients of a dual-stack socket never share one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyIpv4, { minLength: 2, maxLength: 2 }), ([a, b]) => {
        expect(key(`::ffff:${dotted(a!)}`)).not.toBe(key(`::ffff:${dotted(b!)}`))
      }),
    )
  })

  test('behind NAT64 stays one bucket an address instead of one in all', () => {
    expect(key('64:ff9b::192.0.2.7')).toBe('192.0.2.7')
    expect(key('64:ff9b:1:fffe::192.0.2.7')).toBe('192.0.2.7')
  })
})

describe('the ipv6Prefix option', () => {
  test.each([32, 56, 64, 128])('may be %d', (prefix) => {
    expect(checkIpv6Prefix(prefix)).toBe(prefix)
  })

  test('is 56 where it is left out', () => {
    expect(checkIpv6Prefix(undefined)).toBe(56)
  })

  test.each([31, 129, 0, 56.5, Number.NaN, '56', null])('is refused as %j', (prefix) => {
    expect(() => checkIpv6Prefix(prefix)).toThrow(expect.objectContaining({ code: 'SLUICE_WHOLE_NUMBER' }))
  })
})

describe('addressKey', () => {
  test.each<[string, number | undefined, string]>([
    ['2001:DB8::1', undefined, '2001:db8::/56'],
    ['2001:db8:0:1234::1', 64, '2001:db8:0:1234::/64'],
    ['::ffff:1.2.3.4', undefined, '1.2.3.4'],
    ['64:ff9b::102:304', undefined, '1.2.3.4'],
    ['64:ff9b:1:fffe::102:304', undefined, '1.2.3.4'],
    ['1.2.3.4:443', undefined, '1.2.3.4'],
    ['[2001:db8::1]:443', undefined, '2001:db8::/56'],
    ['fe80::1%eth0', undefined, 'fe80::/56'],
    ['2001:DB8::/56', undefined, '2001:db8::/56'],
    ['2001:db8::/64', undefined, '2001:db8::/56'],
    ['1.2.3.4/32', undefined, '1.2.3.4'],
    ['::ffff:102:304/128', undefined, '1.2.3.4'],
  ])('%s by /%s is %s', (address, ipv6Prefix, counted) => {
    expect(addressKey(address, { ipv6Prefix })).toBe(counted)
    expect(addressKey(counted, { ipv6Prefix })).toBe(counted)
  })

  test.each(['', 'unknown', 'user-1', '01.2.3.4', '10.0.0.0/8', '2001:db8::/48', '2001:db8::1/56', undefined, null, 7, {}])(
    'is a coded error for %j, without the text in its message',
    (text) => {
      const error = (() => {
        try {
          return addressKey(text as string)
        } catch (cause) {
          return cause as Error
        }
      })()
      expect(error).toMatchObject({ code: 'SLUICE_ADDRESS_KEY', facts: { value: text } })
      if (typeof text === 'string' && text !== '') expect((error as Error).message).not.toContain(text)
    },
  )

  test('refuses wrong options', () => {
    expect(() => addressKey('::1', { ipv6Prefix: 8 })).toThrow(expect.objectContaining({ code: 'SLUICE_WHOLE_NUMBER' }))
    expect(() => addressKey('::1', { prefix: 64 } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
  })
})
