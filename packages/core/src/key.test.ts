import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeKey, everyone } from './key.ts'

const part: fc.Arbitrary<string | number | bigint | boolean> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  // What an encoding might stumble over: its own marks, digits, separators, and neighbours of what is hashed.
  fc.constantFrom('', '\u0000', 's1:a', 'n1;', '1', 'T', 'F', 'a:b', 'h', ';', 'a'.repeat(256), 'a'.repeat(257), '\ud800', '__proto__'),
  fc.constantFrom(0, -0, 1, -1, 0.5, 1e21, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 2000n),
  fc.bigInt(),
  fc.boolean(),
)
const key = fc.oneof(part, fc.array(part, { maxLength: 3 }))

/** What two keys have in common exactly if they are one: -0 is 0, and a list of one part is that part. */
function identity(value: unknown): string {
  const parts = Array.isArray(value) ? value : [value]
  return JSON.stringify(
    parts.map((each) => [
      typeof each,
      String(each),
      typeof each === 'string' ? Array.from({ length: each.length }, (_, i) => each.charCodeAt(i)) : 0,
    ]),
  )
}

describe('the text of a key', () => {
  test('is the same for the same key and for no other', () => {
    fc.assert(
      fc.property(key, key, (a, b) => (encodeKey(a, 'user') === encodeKey(b, 'user')) === (identity(a) === identity(b))),
      { numRuns: 20_000 },
    )
  })

  test.each([
    [
      ['a:b', 'c'],
      ['a', 'b:c'],
    ],
    [1, '1'],
    [1n, 1],
    [true, 'true'],
    [true, 1],
    [['1', '2'], ['12']],
    [['a'], ['a', '']],
    [[], ''],
    [[], ['']],
    [['', ''], ['']],
    ['\u0000', []],
    ['\u0000T', true],
    ['\u0000s1:a', ['a', 'b']],
    [[true, true], 'TT'],
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    ['x'.repeat(257), 'x'.repeat(258)],
    ['\ud800', '\ud801'],
  ] as const)('%o and %o never meet', (a, b) => {
    expect(encodeKey(a, 'user')).not.toBe(encodeKey(b, 'user'))
  })

  test.each([
    ['a short string is itself', 'user-1', 'user-1'],
    ['so are 256 characters', 'x'.repeat(256), 'x'.repeat(256)],
    ['and the empty string', '', ''],
    ['and what breaks lines or objects', '{a}\r\n__proto__', '{a}\r\n__proto__'],
  ])('%s', (_, value, text) => {
    expect(encodeKey(value, 'user')).toBe(text)
    expect(encodeKey([value], 'user')).toBe(text)
  })

  test('everyone is one key that no other is', () => {
    expect(encodeKey(everyone(), 'user')).toBe(encodeKey([], 'user'))
  })

  test.each([
    ['-0 is 0', -0, 0],
    ['a list of one is its part', [7], 7],
  ])('%s', (_, a, b) => {
    expect(encodeKey(a, 'user')).toBe(encodeKey(b, 'user'))
  })

  test.each([
    ['a long string', 'x'.repeat(100_000)],
    ['a long bigint', 2n ** 10_000n],
    ['a list of long strings', ['x'.repeat(257), 'y'.repeat(257)]],
  ])('stays short for %s', (_, long) => {
    expect(encodeKey(long, 'user').length).toBeLessThan(150)
  })
})

test.each([
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['an infinity', -Infinity],
  ['an object', {}],
  ['a function', () => 'x'],
  ['a symbol', Symbol('x')],
  ['a date', new Date(0)],
  ['undefined in a list', ['a', undefined]],
  ['null in a list', [null, 'a']],
  ['a list in a list', [['a']]],
  ['a list in a longer list', ['a', ['b']]],
  ['a hole in a list', new Array(2)],
  ['seventeen parts', Array.from({ length: 17 }, () => 'a')],
])('%s is no key, and the error names the limit', (_, value) => {
  expect(() => encodeKey(value, 'per-user')).toThrow(
    expect.objectContaining({ code: 'SLUICE_KEY', facts: expect.objectContaining({ name: 'per-user' }) }),
  )
})

test('sixteen parts are a key', () => {
  expect(
    encodeKey(
      Array.from({ length: 16 }, () => 'a'),
      'user',
    ),
  ).toBe(`\u0000${'s1:a'.repeat(16)}`)
})
