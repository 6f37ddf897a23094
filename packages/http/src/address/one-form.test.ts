/** One client has one form, whatever its address is written like: to keys, lists, operators' verbs and `trust`. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyIpv4, anyIpv6, dotted, textOfIpv4, textOfIpv6 } from '../../test/addresses.ts'
import { operatorKey } from '../guard/core-limit.ts'
import { addressText, parseAddress } from './address.ts'
import { addressKey } from './address-key.ts'
import { matchesAny, parseCidrs } from './cidr.ts'
import { clientAddress } from './client-address.ts'
import { parseTrust } from './trust.ts'

const byAddress = { name: 'ip', rule: undefined as never }

/** Two texts of one address, and one of another address. */
interface Texts {
  readonly one: string
  readonly same: string
  readonly other: string
}

const texts: fc.Arbitrary<Texts> = fc.oneof(
  fc.uniqueArray(anyIpv4, { minLength: 2, maxLength: 2 }).chain(([value, another]) => textsOf(textOfIpv4, value!, another!)),
  // Different within the first 56 bits, so that they are two clients.
  fc.tuple(anyIpv6, fc.integer({ min: 0, max: 2 })).chain(([groups, at]) => {
    const another = groups.with(at, groups[at]! ^ 1)
    return textsOf(textOfIpv6, groups, another)
  }),
)

function textsOf<T>(textOf: (address: T) => fc.Arbitrary<string>, address: T, another: T): fc.Arbitrary<Texts> {
  return fc.record({ one: textOf(address), same: textOf(address), other: textOf(another) })
}

function holds(check: (texts: Texts) => void): void {
  fc.assert(fc.property(texts, check), { numRuns: 500 })
}

describe('all texts of one address', () => {
  test('are one key, that of no other client', () => {
    holds(({ one, same, other }) => {
      expect(addressKey(one)).toBe(addressKey(same))
      expect(addressKey(one)).not.toBe(addressKey(other))
    })
  })

  test('are one key to operators, as the key itself is', () => {
    holds(({ one, same }) => {
      const key = addressKey(one, { ipv6Prefix: 64 })
      for (const text of [same, [same], key, [key]]) expect(operatorKey(byAddress, text, 64)).toBe(key)
    })
  })

  test('are on a list or not, however its entry is written', () => {
    holds(({ one, same, other }) => {
      for (const entry of [one, `${one}/${one.includes(':') ? 128 : 32}`]) {
        expect(matchesAny(parseCidrs('denyList', [entry]), parseAddress(same)!)).toBe(true)
        expect(matchesAny(parseCidrs('denyList', [entry]), parseAddress(other)!)).toBe(false)
      }
    })
  })

  test('are in a range or not, however its first address is written', () => {
    const range = fc.integer({ min: 0, max: 32 }).chain((prefix) => {
      const first = anyIpv4.map((value) => (prefix === 0 ? 0 : (value & (-1 << (32 - prefix))) >>> 0))
      return first.chain((value) =>
        fc.tuple(textOfIpv4(value), textOfIpv4(value)).map(([one, same]) => ({ prefix, one, same, plain: `${dotted(value)}/${prefix}` })),
      )
    })
    fc.assert(
      fc.property(range, anyIpv4.chain(textOfIpv4), ({ prefix, one, same, plain }, visitor) => {
        const lists = [one, same].map((text) => parseCidrs('trust', [`${text}/${text.includes(':') ? prefix + 96 : prefix}`]))
        expect(lists).toEqual([parseCidrs('trust', [plain]), parseCidrs('trust', [plain])])
        const verdicts = lists.map((list) => matchesAny(list, parseAddress(visitor)!))
        expect(verdicts[0]).toBe(verdicts[1])
      }),
      { numRuns: 500 },
    )
  })

  test('are trusted or not, and are one client behind a proxy', () => {
    holds(({ one, same, other }) => {
      const trust = parseTrust([one])
      const seen = (remoteAddress: string, forwarded: string) => {
        const { address } = clientAddress({ remoteAddress, forwarded }, trust)
        return address === null ? null : addressText(address)
      }
      expect(seen(same, '192.0.2.77')).toBe(
        matchesAny(trust.proxies, parseAddress('192.0.2.77')!) ? addressText(parseAddress(one)!) : '192.0.2.77',
      )
      expect(seen(same, other)).toBe(addressText(parseAddress(other)!))
      expect(seen(other, same)).toBe(addressText(parseAddress(other)!))
    })
  })
})
