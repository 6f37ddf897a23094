import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest'
import { durationText, parseDuration } from './options.ts'

let warned: Mock
beforeEach(() => {
  warned = vi.fn()
  vi.spyOn(process, 'emitWarning').mockImplementation(warned)
})
afterEach(() => vi.restoreAllMocks())

test.each([
  ['250ms', 250],
  ['1s', 1000],
  ['90s', 90_000],
  ['1m', 60_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
  ['366d', 31_622_400_000],
  ['1.5s', 1500],
  ['0.25h', 900_000],
  ['1.1m', 66_000],
  ['0.001s', 1],
  ['007s', 7000],
  [1, 1],
  [60_000, 60_000],
  [31_622_400_000, 31_622_400_000],
])('%j is %d ms', (value, ms) => {
  expect(parseDuration(value, 'per')).toBe(ms)
})

test.each(
  // biome-ignore format: one line a sort
  [
    0, -1, 0.5, Number.NaN, Infinity, 31_622_400_001, '367d', '0s', '0.5ms', '1.0001s', '-1s', '+1s', '1e3s',
    'bogus', '', 's', '5', '1 s', ' 1s', '1s ', '1S', '1w', '1.s', '.5s', '1m30s', 'Infinityd', null, undefined, {}, [1000], 5n, true,
  ],
)('%s is no duration', (value) => {
  expect(() => parseDuration(value, 'per')).toThrow(expect.objectContaining({ code: 'SLUICE_DURATION', facts: { option: 'per', value } }))
})

test('0 is one where nothing may be meant', () => {
  expect([parseDuration(0, 'stale', true), parseDuration('0s', 'stale', true)]).toEqual([0, 0])
  expect(() => parseDuration(-1, 'stale', true)).toThrow(/SLUICE_DURATION/)
})

test.each([
  ['1ms', 1],
  ['1500ms', 1500],
  ['1s', 1000],
  ['90s', 90_000],
  ['1m', 60_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
  ['366d', 31_622_400_000],
])('%s is the text of %i milliseconds', (text, ms) => {
  expect(durationText(ms)).toBe(text)
  expect(parseDuration(text, 'per')).toBe(ms)
})

describe('a small bare number', () => {
  test('is taken at its word, with a warning', () => {
    expect(parseDuration(61, 'per')).toBe(61)
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('per is the bare number 61, which means 61 milliseconds'), {
      type: 'SluiceWarning',
      code: 'SLUICE_DURATION_SMALL',
    })
  })

  test.each([
    ['0', 0],
    ['a second', 1000],
    ['milliseconds in words', '62ms'],
  ])('is not %s', (_, value) => {
    parseDuration(value, 'per', true)
    expect(warned).not.toHaveBeenCalled()
  })

  test('up to 999 is', () => {
    parseDuration(999, 'per')
    expect(warned).toHaveBeenCalledOnce()
  })
})
