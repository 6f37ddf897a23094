import type { LimitFacts } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketKeys, countParts, firstPart } from './bucket-key.ts'
import { slotOfTag } from './cluster-slot.ts'

function limit(name: string): LimitFacts {
  return { name, shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }
}

const inOneSlot = bucketKeys('', 'sluice', false)
const spread = bucketKeys('', 'sluice', true)

/** What a Redis Cluster hashes of a key. */
function hashed(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key
}

test('keys read as what they name', () => {
  expect(inOneSlot.bucket(limit('ip'), '10.0.0.1')).toBe('{sluice}:ip:10.0.0.1')
  expect(spread.bucket(limit('app'), '\u0000s6:orderss3:web')).toBe('sluice:{orders}:app:\u0000s6:orderss3:web')
  expect(bucketKeys('app:', 'sluice', false).bucket(limit('ip'), 'x')).toBe('app:{sluice}:ip:x')
  expect(inOneSlot.slots(limit('ip'), '10.0.0.1')).toBe('{sluice};ip:10.0.0.1')
  expect(inOneSlot.children({ ...limit('app'), parent: 'api' }, 'search')).toBe('{sluice}<api:search')
  expect(inOneSlot.children({ ...limit('app'), parent: 'api', shadow: true }, 'search')).toBe('{sluice}~api:search')
  expect(inOneSlot.settlements('id', inOneSlot.place('x'))).toBe('{sluice}::id')
})

const names = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', ':', '%', '{', '}', '3') })
const keys = fc.string({ maxLength: 8, unit: fc.constantFrom('a', ':', '{', '}', '\u0000', '\u0001', '\ud800', '\udfff', 's', '1', 'T') })

test.each([
  ['in one slot', inOneSlot],
  ['spread', spread],
])('no two buckets have the same key, as bytes, and no bucket that of slots, of children or of settlements: %s', (_, keysOf) => {
  fc.assert(
    fc.property(names, keys, names, keys, (name, key, otherName, otherKey) => {
      const bytes = (text: string): string => Buffer.from(text).toString('hex')
      const [a, b] = [bytes(keysOf.bucket(limit(name), key)), bytes(keysOf.bucket(limit(otherName), otherKey))]
      expect(a === b).toBe(name === otherName && key === otherKey)
      const slots = bytes(keysOf.slots(limit(otherName), otherKey))
      expect(slots === bytes(keysOf.slots(limit(name), key))).toBe(a === b)
      const settlements = bytes(keysOf.settlements(otherKey, keysOf.place(key)))
      const children = [true, false].map((shadow) => bytes(keysOf.children({ ...limit('app'), parent: otherName, shadow }, otherKey)))
      expect(children[1] === bytes(keysOf.children({ ...limit('app'), parent: name }, key))).toBe(a === b)
      expect(new Set([a, slots, settlements, ...children]).size).toBe(5)
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['in one slot', inOneSlot],
  ['spread', spread],
])('the slot of a bucket is that of its tag, whatever stands in names and keys: %s', (_, keysOf) => {
  fc.assert(
    fc.property(names, keys, (name, key) => {
      const tag = keysOf.tagOf(key)
      expect(hashed(keysOf.bucket(limit(name), key))).toBe(tag)
      expect(hashed(keysOf.slots(limit(name), key))).toBe(tag)
      expect(hashed(keysOf.children({ ...limit('app'), parent: name }, key))).toBe(tag)
      expect(slotOfTag(hashed(keysOf.settlements('id', keysOf.place(key))))).toBe(slotOfTag(tag))
    }),
    { numRuns: 5000 },
  )
})

describe('the first part of a key', () => {
  test.each([
    ['orders', 'orders', 1],
    ['', '', 1],
    ['\u0000s6:orderss3:web', 'orders', 2],
    ['\u0000s3:a:bs1:c', 'a:b', 2],
    ['\u0000n12;T', 'n12;', 2],
    ['\u0000i9;', 'i9;', 1],
    ['\u0000Fs1:a', 'F', 2],
    [`\u0000h${'0'.repeat(64)}s1:a`, `h${'0'.repeat(64)}`, 2],
    ['\u0000', '', 0],
  ])('of %j is %j, of %d', (key, part, parts) => {
    expect([firstPart(key), countParts(key)]).toEqual([part, parts])
  })
})
