import fc from 'fast-check'
import { parseItem } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { sfInteger, sfString } from './header-line.ts'

describe('an integer', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [-1, '0'],
    [3.999, '3'],
    [Number.NaN, '0'],
    [Number.POSITIVE_INFINITY, '999999999999999'],
    [Number.MAX_SAFE_INTEGER, '999999999999999'],
    [999_999_999_999_999, '999999999999999'],
    [1e21, '999999999999999'],
  ])('writes %d as %s', (value, written) => {
    expect(sfInteger(value)).toBe(written)
  })

  test('is read by an independent parser as a whole number of at least 0, whatever number it was', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const [read] = parseItem(sfInteger(value))
        expect(Number.isInteger(read) && (read as number) >= 0).toBe(true)
      }),
    )
  })
})

describe('a string', () => {
  test('escapes quotes and backslashes and nothing else', () => {
    expect(sfString('a "b" \\c;d=1,e')).toBe('"a \\"b\\" \\\\c;d=1,e"')
  })

  test('comes back from an independent parser as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(parseItem(sfString(text))[0]).toBe(text)
      }),
    )
  })

  test.each(['café', 'a\r\nX-Evil: 1', 'a\nb', '\u0000', '\u007f', '천천히'])(
    'is a fault for %j, which would void the whole field',
    (text) => {
      expect(() => sfString(text)).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_NAME' }))
    },
  )
})
