import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowKey } from './row-key.ts'

test('people can read the key of a row', () => {
  expect(rowKey('bucket', 'ip', '192.0.2.1')).toBe('bucket/ip/192.0.2.1')
  expect(rowKey('bucket', 'a/b', 'ä %')).toBe('bucket/a%002fb/%00e4%0020%0025')
})

test('different parts have different keys, of at most 255 printable ASCII characters', () => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((codes) => String.fromCharCode(...codes))
  const part = fc.oneof(units, fc.constantFrom('', '/', '%', '#', '%002f', '\ud800', 'x'.repeat(300), 'x'.repeat(301)))
  const parts = fc.array(part, { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [one, other] = [rowKey('bucket', ...a), rowKey('bucket', ...b)]
      expect(one).toMatch(/^[\x21-\x7e]{1,255}$/)
      expect(one === other).toBe(JSON.stringify(a) === JSON.stringify(b))
    }),
    { numRuns: 200 },
  )
})
