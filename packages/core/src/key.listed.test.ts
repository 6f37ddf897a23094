import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeKey, encodeListedKey, type Key, type KeyPart, parseKey } from './key.ts'

const part: fc.Arbitrary<KeyPart> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '\u0000', '\u0000s1:a', 'a;b', '1:', '\ud800'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.boolean(),
)
const keys: fc.Arbitrary<Key> = fc.oneof(part, fc.array(part, { maxLength: 5 }))

test('a key comes back from its text as it was, and a list of one part as that part', () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(parseKey(encodeKey(key, 'user'))).toEqual(Array.isArray(key) && key.length === 1 ? key[0] : key)
    }),
  )
})

test('a part that is too long comes back as its hash, and names the same key', () => {
  const long = 'x'.repeat(257)
  const hash = { hashed: expect.stringMatching(/^h[0-9a-f]{64}$/) }
  for (const [key, listed] of [
    [long, hash],
    [
      ['eu', long, 7],
      ['eu', hash, 7],
    ],
    [36n ** 300n, { hashed: expect.stringMatching(/^j[0-9a-f]{64}$/) }],
  ] as const) {
    const text = encodeKey(key, 'user')
    expect(parseKey(text)).toEqual(listed)
    expect(encodeListedKey(parseKey(text), 'user')).toBe(text)
  }
})

test('a listed key names the key that it was listed for', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const text = encodeKey(key, 'user')
      expect(encodeListedKey(parseKey(text), 'user')).toBe(text)
    }),
  )
})

test.each([{ hashed: 'h12' }, { hashed: 5 }, {}, [['a']], ['a', { hashed: '' }], null])('refuses %j as a key', (key) => {
  expect(() => encodeListedKey(key as never, 'user')).toThrow(expect.objectContaining({ code: 'SLUICE_KEY' }))
})
