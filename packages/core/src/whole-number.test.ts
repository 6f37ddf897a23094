import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ceilDiv, floorDiv, scaleDown, scaleUp, wholeNumber } from './whole-number.ts'

const most = Number.MAX_SAFE_INTEGER
const runs = { numRuns: 20_000 }

/** Whole numbers of every size, with the edges of 2^53 and of every power of two more often than chance would have them. */
function upTo(max: number, min: number = 0): fc.Arbitrary<number> {
  const powers = fc
    .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 }))
    .map(([power, off]) => Math.min(max, Math.max(min, 2 ** power + off)))
  return fc.oneof(
    fc.integer({ min, max }),
    powers,
    fc.integer({ min: Math.max(min, max - 3), max }),
    fc.integer({ min, max: Math.min(max, min + 100) }),
  )
}

describe('division', () => {
  test('floors and ceils as exact arithmetic does, up to the edge of 2^53', () => {
    fc.assert(
      fc.property(upTo(most), upTo(most, 1), (a, b) => {
        const exact = BigInt(a) / BigInt(b)
        const rest = BigInt(a) % BigInt(b)
        return BigInt(floorDiv(a, b)) === exact && BigInt(ceilDiv(a, b)) === exact + (rest === 0n ? 0n : 1n)
      }),
      runs,
    )
  })

  test('holds right below and right above every multiple, where doubles round', () => {
    fc.assert(
      fc.property(upTo(most, 1), upTo(2 ** 26, 1), fc.constantFrom(-1, 0, 1), (b, times, off) => {
        const a = Math.min(most, b * Math.min(times, Math.floor(most / b)) + off)
        return BigInt(floorDiv(a, b)) === BigInt(a) / BigInt(b) && BigInt(ceilDiv(a, b)) === (BigInt(a) + BigInt(b) - 1n) / BigInt(b)
      }),
      runs,
    )
  })

  test.each([
    [0, 1, 0, 0],
    [most, 1, most, most],
    [most, most, 1, 1],
    [most - 1, most, 0, 1],
    [most, 2, 4503599627370495, 4503599627370496],
    [most, most - 1, 1, 2],
    [9007199254740990, 3, 3002399751580330, 3002399751580330],
    [1795321800123456, 1_000_000, 1795321800, 1795321801],
  ])('%d / %d is %d rounded down and %d rounded up', (a, b, down, up) => {
    expect([floorDiv(a, b), ceilDiv(a, b)]).toEqual([down, up])
  })
})

describe('changing the scale', () => {
  const exactly = (value: number, from: number, to: number): [down: bigint, up: bigint] => {
    const product = BigInt(value) * BigInt(to)
    return [product / BigInt(from), (product + BigInt(from) - 1n) / BigInt(from)]
  }
  const capped = (exact: bigint): number => Number(exact > BigInt(most) ? BigInt(most) : exact)

  test('is exact wherever the product of the scales fits', () => {
    fc.assert(
      fc.property(upTo(most), upTo(2 ** 26, 1), upTo(2 ** 26, 1), (value, from, to) => {
        const [down, up] = exactly(value, from, to)
        return scaleDown(value, from, to) === capped(down) && scaleUp(value, from, to) === capped(up)
      }),
      runs,
    )
  })

  test.each([
    [153_253_109_464, 208_268_904_268, 800_542_134_973],
    [432_268_523_166, 577_713_563_842, 930_763_702_198],
    [371_603_850_294, 620_573_810_152, 1_082_999_930_387],
  ])('rounds %d from %d to %d down, although a double rounds its product up', (value, from, to) => {
    const [down] = exactly(value, from, to)
    expect(BigInt(floorDiv(value * to, from))).toBeGreaterThan(down)
    expect(BigInt(scaleDown(value, from, to))).toBeLessThanOrEqual(down)
  })

  test('never favours the caller and is off by at most one part in 2^49 and two units', () => {
    fc.assert(
      fc.property(upTo(most), upTo(2 ** 52, 1), upTo(2 ** 52, 1), (value, from, to) => {
        const [down, up] = exactly(value, from, to)
        const [low, high] = [BigInt(scaleDown(value, from, to)), BigInt(scaleUp(value, from, to))]
        const slack = up / 2n ** 49n + 2n
        const cap = BigInt(most)
        return (
          low <= (down < cap ? down : cap) &&
          high >= (up < cap ? up : cap) &&
          low >= (down < cap ? down : cap) - slack &&
          high <= up + slack
        )
      }),
      runs,
    )
  })

  test('keeps whole multiples exact whatever their size', () => {
    fc.assert(
      fc.property(upTo(2 ** 30), upTo(2 ** 22, 1), upTo(2 ** 22, 1), (units, from, to) => {
        const value = units * from
        return scaleUp(value, from, to) === units * to && scaleDown(value, from, to) === units * to
      }),
      runs,
    )
  })

  test('a part of a unit never becomes more than the unit, nor less than nothing', () => {
    const scale = 2 ** 51
    expect(scaleUp(scale - 1, scale, scale - 1)).toBe(scale - 1)
    expect(scaleDown(1, scale, scale - 1)).toBe(0)
  })

  test('is exact up to a product of 2^53 - 1', () => {
    const [value, to] = [441_650_591, 20_394_401]
    expect(value * to).toBe(most)
    expect([scaleDown(value, 2 ** 40, to), scaleUp(value, 2 ** 40, to)]).toEqual([8191, 8192])
  })

  test('stops at 2^53 - 1', () => {
    expect([scaleUp(most, 1, 2), scaleUp(most, 2, 5), scaleDown(most, 1, 2), scaleDown(most, 2, 5)]).toEqual([most, most, most, most])
  })
})

describe('a whole number', () => {
  test.each([0, 1, 7, 10])('%d passes from 0 to 10', (value) => {
    expect(wholeNumber(value, 'capacity', 0, 10)).toBe(value)
  })

  test.each([-1, 11, 1.5, Number.NaN, Infinity, '3', 3n, null, undefined, [3]])('%s does not', (value) => {
    expect(() => wholeNumber(value, 'capacity', 0, 10)).toThrow(expect.objectContaining({ code: 'SLUICE_WHOLE_NUMBER' }))
  })

  test('is at most 2^53 - 1 where nothing else is said', () => {
    expect(wholeNumber(most, 'capacity', 1)).toBe(most)
    expect(() => wholeNumber(2 ** 53, 'capacity', 1)).toThrow(
      /capacity must be a whole number from 1 to 9007199254740991, but is 9007199254740992/,
    )
  })
})
