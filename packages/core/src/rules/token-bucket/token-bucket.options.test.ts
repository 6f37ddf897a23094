import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest'
import { tokenBucket, tokenBucketOf } from './token-bucket.ts'

let warned: Mock
beforeEach(() => {
  warned = vi.fn()
  vi.spyOn(process, 'emitWarning').mockImplementation(warned)
})
afterEach(() => vi.restoreAllMocks())

describe('the numbers of a token bucket', () => {
  test.each([
    ['a hundred a minute', { capacity: 100, per: '1m' }, { refill: 100, perMs: 60_000, rate: 1, scale: 600_000 }],
    ['ten at once, three a second', { capacity: 10, refill: 3, per: '1s' }, { refill: 3, perMs: 1000, rate: 3, scale: 1_000_000 }],
    ['seven a millisecond', { capacity: 7, per: '1ms' }, { refill: 7, perMs: 1, rate: 7, scale: 1000 }],
    ['two a microsecond', { capacity: 2000, per: '1ms' }, { refill: 2000, perMs: 1, rate: 2, scale: 1 }],
    ['an interval', { capacity: 10, refill: 4, per: '1s', mode: 'interval' }, { refill: 4, perMs: 1000, rate: 4, scale: 1 }],
    ['a year', { capacity: 1, per: '366d' }, { refill: 1, perMs: 31_622_400_000, rate: 1, scale: 31_622_400_000_000 }],
    ['whole milliseconds', { capacity: 1, per: 1500 }, { refill: 1, perMs: 1500, rate: 1, scale: 1_500_000 }],
  ] as const)('%s', (_, options, numbers) => {
    const mode = 'mode' in options ? options.mode : 'greedy'
    expect(tokenBucket(options)).toEqual({
      kind: 'token-bucket',
      mode,
      capacity: options.capacity,
      periodUs: numbers.perMs * 1000,
      ...numbers,
    })
    expect(warned).not.toHaveBeenCalled()
  })

  test('are one frozen object, however often they are asked for', () => {
    const rule = tokenBucket({ capacity: 10, per: '1s' })
    expect(tokenBucket({ capacity: 10, per: 1000, refill: 10, mode: 'greedy' })).toBe(rule)
    expect(Object.isFrozen(rule)).toBe(true)
    expect(tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })).not.toBe(rule)
    expect(tokenBucket({ capacity: 10, per: '2s' })).not.toBe(rule)
    expect(tokenBucket({ capacity: 10, per: '1s', refill: 9 })).not.toBe(rule)
    expect(tokenBucket({ capacity: 9, per: '1s', refill: 10 })).not.toBe(rule)
  })

  test('are plain data', () => {
    const rule = tokenBucket({ capacity: 10, per: '1s' })
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule)
  })
})

describe('a rate that cannot be counted exactly', () => {
  test('is slowed, by the parts per million that the warning says', () => {
    const rule = tokenBucket({ capacity: 2 ** 38, refill: 999_983, per: '1h' })
    expect(rule.scale).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER / 2 ** 39)
    const [message, options] = warned.mock.calls[0]!
    expect(options).toEqual({ type: 'SluiceWarning', code: 'SLUICE_RULE_SLOWED' })
    expect(message).toMatch(
      /^The rate 999983 per 1h at capacity 274877906944 cannot be counted exactly; it runs [\d.e-]+ parts per million slower/,
    )
    const named = Number(/runs (\S+) parts/.exec(message as string)![1])
    const lost = 1 - (rule.rate / rule.scale) * (3_600_000_000 / 999_983)
    expect(Math.abs(lost * 1e6 - named)).toBeLessThan(0.01 * named + 1e-6)
  })

  test('is slowed without a warning where it loses less than one part per million', () => {
    const rule = tokenBucket({ capacity: 5_000_000, refill: 99_999_989, per: '1h' })
    expect(rule.scale).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER / 1e7)
    expect(warned).not.toHaveBeenCalled()
  })

  test('is left as it is where it just can', () => {
    const mostTicks = Math.floor(Number.MAX_SAFE_INTEGER / 2_000_000)
    const shape = { mode: 'greedy', capacity: 1_000_000, refill: 1, perMs: 1000 } as const
    expect(tokenBucketOf(shape, { units: 7n, ticks: BigInt(mostTicks) })).toMatchObject({ rate: 7, scale: mostTicks })
    expect(warned).not.toHaveBeenCalled()
  })

  test('is told by how much in two digits', () => {
    // 2 in 7201 microseconds is the nearest that can be counted to 1 in 3600.06.
    expect(tokenBucket({ capacity: 500_000_000_000, refill: 999_983, per: '1h' })).toMatchObject({ rate: 2, scale: 7201 })
    expect(warned.mock.calls[0]![0]).toContain('it runs 120 parts per million slower')
  })

  test('is never sped up, and everything it counts with stays below 2^53', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 31_622_400_000 }),
        fc.constantFrom<'greedy' | 'interval'>('greedy', 'interval'),
        (capacity, refill, ms, mode) => {
          const options = { capacity, refill, per: `${ms}ms`, mode } as const
          const rule = counted(options)
          if (rule === undefined) return true
          const { rate, scale, periodUs } = rule
          const ticks = mode === 'greedy' ? BigInt(ms) * 1000n : 1n
          const tickUs = mode === 'greedy' ? 1 : periodUs
          return (
            BigInt(rate) * ticks <= BigInt(refill) * BigInt(scale) &&
            Number.isSafeInteger(2 * capacity * scale) &&
            Math.ceil((2 * capacity * scale) / rate) * tickUs <= 2 ** 52
          )
        },
      ),
      { numRuns: 10_000 },
    )
  })

  test.each([
    ['a capacity that leaves no room for a fraction', { capacity: Number.MAX_SAFE_INTEGER, per: '1s' }],
    ['a rate that is slower than anything countable', { capacity: 1_000_000_000, refill: 1, per: '366d' }],
    ['a debt that would take centuries', { capacity: 200, refill: 1, per: '366d' }],
    ['an interval whose debt would take centuries', { capacity: 200, refill: 1, per: '366d', mode: 'interval' }],
  ] as const)('is refused at start-up: %s', (_, options) => {
    expect(() => tokenBucket(options)).toThrow(expect.objectContaining({ code: 'SLUICE_RULE_TOO_LARGE' }))
  })

  test('is refused exactly where a debt could be repaid too late to be counted', () => {
    const shape = { mode: 'greedy', capacity: 1, refill: 1, perMs: 1000 } as const
    // Two units and a microsecond, in all 2^52 - 1 of them.
    const longest = 2n ** 51n - 1n
    expect(tokenBucketOf(shape, { units: 1n, ticks: longest }).scale).toBe(Number(longest))
    expect(() => tokenBucketOf(shape, { units: 1n, ticks: longest + 1n })).toThrow(
      expect.objectContaining({ code: 'SLUICE_RULE_TOO_LARGE' }),
    )
  })

  test('may bring back as much at once as can be counted', () => {
    const options = { capacity: 1, refill: Number.MAX_SAFE_INTEGER, per: '366d', mode: 'interval' } as const
    expect(tokenBucket(options)).toMatchObject({ rate: Number.MAX_SAFE_INTEGER, scale: 1 })
  })
})

describe('a wrong option', () => {
  test.each([
    [{ capacity: -1, per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    [{ capacity: 1.5, per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    [{ per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    [{ capacity: 1, refill: 0, per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'refill'],
    [{ capacity: 1, per: '1 s' }, 'SLUICE_DURATION', 'per'],
    [{ capacity: 1, per: 0 }, 'SLUICE_DURATION', 'per'],
    [{ capacity: 1 }, 'SLUICE_DURATION', 'per'],
    [{ capacity: 1, per: '1s', mode: 'lazy' }, 'SLUICE_CHOICE', 'mode'],
    [{ capacity: 1, per: '1s', burst: 2 }, 'SLUICE_OPTION_UNKNOWN', 'tokenBucket.burst'],
    [null, 'SLUICE_OPTION_TYPE', 'The options of tokenBucket'],
  ])('%j is refused by name', (options, code, option) => {
    expect(() => tokenBucket(options as never)).toThrow(expect.objectContaining({ code, facts: expect.objectContaining({ option }) }))
  })
})

test('a rate finer than its numbers say tells rules apart', () => {
  const shape = { mode: 'greedy', capacity: 5, refill: 0.5, perMs: 1000 } as const
  const [half, third] = [tokenBucketOf(shape, { units: 1n, ticks: 2n }), tokenBucketOf(shape, { units: 1n, ticks: 3n })]
  expect([half.scale, third.scale]).toEqual([2, 3])
})

function counted(options: Parameters<typeof tokenBucket>[0]): ReturnType<typeof tokenBucket> | undefined {
  try {
    return tokenBucket(options)
  } catch {
    return undefined
  }
}
