import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted } from '../../test/addresses.ts'
import { addressText, parseAddress } from './address.ts'
import { coversEveryone, firstOf, isEmpty, matchesAny, parseCidrs } from './cidr.ts'

const matches = (ranges: readonly string[], address: string): boolean => matchesAny(parseCidrs('trust', ranges), parseAddress(address)!)

describe('a range matches', () => {
  test.each([
    ['10.0.0.0/8', '10.255.255.255'],
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['::ffff:10.0.0.0/104', '10.1.2.3'],
    ['::ffff:a00:0/104', '10.1.2.3'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0.0.0.0/0', '203.0.113.9'],
    ['2001:DB8::/32', '2001:db8:ffff::1'],
    ['2001:db8::1', '2001:0db8:0::0001'],
    ['::/0', '2001:db8::1'],
    ['192.168.0.0/31', '192.168.0.1'],
    ['64:ff9b::a00:0/104', '10.1.2.3'],
    ['10.0.0.0/8', '64:ff9b::a01:203'],
    ['64:ff9b:1:fffe::10.0.0.0/104', '::ffff:10.1.2.3'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::%eth0/10', 'fe80::1%eth1'],
  ])('%s has %s', (range, address) => {
    expect(matches([range], address)).toBe(true)
  })

  test.each([
    ['10.0.0.0/8', '11.0.0.0'],
    ['10.0.0.0/8', '9.255.255.255'],
    ['10.0.0.1', '10.0.0.2'],
    ['2001:db8::/32', '2001:db9::'],
    ['::/0', '10.0.0.1'],
    ['0.0.0.0/0', '::1'],
    ['::/0', '64:ff9b::a01:203'],
    ['::1', '0.0.0.1'],
  ])('%s has not %s', (range, address) => {
    expect(matches([range], address)).toBe(false)
  })
})

test('a list matches what node:net BlockList matches, overlapping and nested ranges included', () => {
  const clustered = fc.oneof(
    anyIpv4,
    fc.nat({ max: 0x3ff }).map((low) => 0x0a000000 + low),
  )
  const range = fc
    .tuple(clustered, fc.integer({ min: 0, max: 32 }))
    .map(([value, prefix]) => [firstOf([value], prefix)[0]!, prefix] as const)
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), fc.array(clustered, { minLength: 1 }), (ranges, values) => {
      const reference = new BlockList()
      for (const [first, prefix] of ranges) reference.addSubnet(dotted(first), prefix)
      const list = parseCidrs(
        'denyList',
        ranges.map(([first, prefix]) => `${dotted(first)}/${prefix}`),
      )
      for (const value of values) expect(matchesAny(list, { family: 4, words: [value] })).toBe(reference.check(dotted(value)))
    }),
    { numRuns: 500 },
  )
})

test('the same holds for IPv6', () => {
  const wordsOf = (groups: readonly number[]): number[] => [0, 2, 4, 6].map((i) => groups[i]! * 65536 + groups[i + 1]!)
  const range = fc.tuple(
    anyIpv6.map(wordsOf),
    fc.integer({ min: 97, max: 128 }).chain((high) => fc.constantFrom(high, high - 64, high - 32)),
  )
  fc.assert(
    fc.property(fc.array(range, { maxLength: 10 }), anyIpv6.map(wordsOf), fc.nat({ max: 128 }), (ranges, other, shared) => {
      const written = ranges.map(([words, prefix]) => `${addressText({ family: 6, words: firstOf(words, prefix) })}/${prefix}`)
      const reference = new BlockList()
      for (const text of written) reference.addSubnet(text.split('/')[0]!, Number(text.split('/')[1]), 'ipv6')
      const list = parseCidrs('denyList', written)
      // Addresses that share a beginning with a range are the interesting ones.
      const near = ranges.map(([words]) =>
        firstOf(words, shared).map((word, i) => (word | (other[i]! & ~firstOf([-1, -1, -1, -1], shared)[i]!)) >>> 0),
      )
      for (const words of [other, ...near]) {
        const address = { family: 6, words } as const
        expect(matchesAny(list, address)).toBe(reference.check(addressText(address), 'ipv6'))
      }
    }),
    { numRuns: 500 },
  )
})

describe('a wrong entry is named at start-up', () => {
  test.each([
    ['not-an-address', 'it does not begin with an IP address'],
    ['', 'it does not begin with an IP address'],
    ['loopback', 'it does not begin with an IP address'],
    ['10.0.0/8', 'it does not begin with an IP address'],
    ['10.0.0.1:80', 'it does not begin with an IP address'],
    ['[fe80::1]', 'it does not begin with an IP address'],
    ['10.0.0.0/', 'the prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/33', 'the prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/08', 'the prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/-1', 'the prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/255.0.0.0', 'the prefix must be a whole number from 0 to 32'],
    ['::/129', 'the prefix must be a whole number from 0 to 128'],
    ['::ffff:10.0.0.0/90', 'it carries an IPv4 address: the prefix must be a whole number from 96 to 128'],
    ['64:ff9b:1::/48', 'it carries an IPv4 address: the prefix must be a whole number from 96 to 128'],
    ['10.0.0.1/8', 'it has bits set behind the first 8'],
    ['2001:db8::1/32', 'it has bits set behind the first 32'],
    [10, 'it is not a string'],
    [null, 'it is not a string'],
  ])('%j', (value, why) => {
    expect(() => parseCidrs('trust', ['10.0.0.0/8', value])).toThrow(
      expect.objectContaining({ code: 'SLUICE_CIDR', facts: { option: 'trust[1]', value, why } }),
    )
  })

  test.each([true, 1, '10.0.0.0/8', {}])('and so is what is no list, such as %j', (values) => {
    expect(() => parseCidrs('trust', values)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
  })
})

test('an option left out matches nothing', () => {
  expect(isEmpty(parseCidrs('trust', undefined))).toBe(true)
  expect(matchesAny(parseCidrs('trust', []), parseAddress('127.0.0.1')!)).toBe(false)
})

test.each([
  [['0.0.0.0/0'], true],
  [['10.0.0.0/8', '::/0'], true],
  [['::ffff:0:0/96'], true],
  [['64:ff9b::/96'], true],
  [['0.0.0.0/1'], false],
  [[], false],
])('%j covers everyone: %s', (ranges, everyone) => {
  expect(coversEveryone(parseCidrs('trust', ranges))).toBe(everyone)
})
