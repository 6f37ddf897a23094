import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runsFrom, runsOf } from './runs.ts'

test.each([
  [10_000, 2000, 2000],
  [500, 2000, 100],
  [300, 2000, 100],
  [25, 2000, 25],
  [10_000, 10_000, 10_000],
  [25, 10_000, 25],
  [500, 100_000, 5000],
])('a property with %i runs takes, under SLUICE_RUNS=%i, %i', (named, of, runs) => {
  expect(runsOf(named, of)).toBe(runs)
})

test.each(['0', '99', '1.5', 'many', '1e9'])('SLUICE_RUNS=%s is an error', (text) => {
  expect(() => runsFrom(text)).toThrow('SLUICE_RUNS')
})

test('properties take the scaled runs, and say how to repeat what fails', () => {
  let runs = 0
  const counted = fc.property(fc.integer(), () => void runs++)
  fc.assert(counted, { numRuns: 5000 })
  expect(runs).toBe(runsOf(5000))
  const failing = fc.property(fc.integer(), () => false)
  expect(() => fc.assert(failing)).toThrow('SLUICE_SEED=')
})
