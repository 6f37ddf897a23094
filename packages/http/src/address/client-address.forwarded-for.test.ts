import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText, parseAddress } from './address.ts'
import { parseCidrs } from './cidr.ts'
import { clientBehind } from './client-address.ts'
import { longestChain } from './trust.ts'

const trust = parseCidrs('trust', ['10.0.0.0/8', 'fd00::/8'])
const client = (header: string): string => addressText(clientBehind(parseAddress('10.0.0.1')!, header, trust))

describe('the client is', () => {
  test.each([
    ['the only entry', '203.0.113.9', '203.0.113.9'],
    ['the nearest that no proxy holds', '203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['never what a client wrote in front', '127.0.0.1, 10.9.9.9, ::1, 198.51.100.7', '198.51.100.7'],
    ['the outermost proxy where all are trusted', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['found with ports and brackets', '[2001:db8::7]:4711, 10.0.0.2:80', '2001:db8::7'],
    ['found in mapped notation', '::ffff:c633:6407, ::ffff:10.0.0.2', '198.51.100.7'],
    ['found past empty entries', ' , 198.51.100.7 ,, ,10.0.0.2, ', '198.51.100.7'],
    ['the peer where the header is empty', '', '10.0.0.1'],
    ['the peer where it is commas', ',,,', '10.0.0.1'],
  ])('%s', (_, header, address) => {
    expect(client(header)).toBe(address)
  })
})

describe('an entry that cannot be read falls back to the nearest trusted proxy', () => {
  test.each(['unknown', '_hidden', '1.2.3.4.5', '01.2.3.4', '"203.0.113.9"', 'for=203.0.113.9', 'x'.repeat(100_000), '\u0000'])(
    '%j',
    (entry) => {
      expect(client(`203.0.113.9, ${entry}, 10.0.0.2`)).toBe('10.0.0.2')
    },
  )
})

test('whatever a client writes in front of what the proxies append changes nothing', () => {
  const written = fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.9', 'unknown', '', ',', '::1'))
  fc.assert(
    fc.property(fc.array(written), (entries) => {
      expect(client(`${entries.join(',')},198.51.100.7, 10.0.0.2`)).toBe('198.51.100.7')
    }),
    { numRuns: 1000 },
  )
})

test('garbage alone mints no address: the answer is the peer, or what stands in the header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      const known = header.split(',').map((entry) => parseAddress(entry.trim()))
      const found = clientBehind(parseAddress('10.0.0.1')!, header, trust)
      expect([parseAddress('10.0.0.1'), ...known]).toContainEqual(found)
    }),
  )
})

describe('a long header', () => {
  test('is read as far as an honest chain can reach, then the last proxy counts', () => {
    const chain = (hops: number): string => `203.0.113.9,${'10.0.0.2,'.repeat(hops)}10.0.0.3`
    expect(client(chain(longestChain - 2))).toBe('203.0.113.9')
    expect(client(chain(longestChain - 1))).toBe('10.0.0.2')
    expect(client(`203.0.113.9${','.repeat(longestChain)}`)).toBe('10.0.0.1')
  })

  test.each([
    ['a million entries', '10.0.0.2,'.repeat(1_000_000)],
    ['a million commas', ','.repeat(1_000_000)],
    ['one entry of ten megabytes', 'x'.repeat(10_000_000)],
    ['ten megabytes of spaces', ' '.repeat(10_000_000)],
  ])('of %s costs next to nothing', (_, header) => {
    // Time of this process alone: a busy machine may keep it waiting for longer than that.
    const before = process.cpuUsage()
    client(header)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(250)
  })
})
