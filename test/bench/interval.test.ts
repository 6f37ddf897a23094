import { expect, test } from 'vitest'
import { ratioOf } from '../../bench/ab/interval.ts'

test('equal pairs have the ratio 1 and an interval without width', () => {
  const { ratio, low, high } = ratioOf([
    [10, 10],
    [20, 20],
  ])
  expect([ratio, low, high]).toEqual([1, 1, 1])
})

test('a side that takes twice as long in every pair has the ratio 2, whatever the speed of the machine', () => {
  const { ratio, low, high } = ratioOf([
    [20, 10],
    [200, 100],
    [2, 1],
  ])
  for (const end of [ratio, low, high]) expect(end).toBeCloseTo(2, 10)
})

test('the interval holds the true ratio in 95 of 100 series', () => {
  let state = 1
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  // The sum of twelve uniform numbers is close to a normal one.
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6)
  let held = 0
  for (let series = 0; series < 2000; series++) {
    const pairs = Array.from({ length: 10 }, (): [number, number] => [1.05 * Math.exp(0.1 * normal()), Math.exp(0.1 * normal())])
    const { low, high } = ratioOf(pairs)
    if (low <= 1.05 && 1.05 <= high) held += 1
  }
  expect(held / 2000).toBeGreaterThan(0.93)
  expect(held / 2000).toBeLessThan(0.97)
})
