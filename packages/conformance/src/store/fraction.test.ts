import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atMost, ceil, ceilTo, floor, floorTo, fraction, least, minus, most, over, plus, times, zero } from './fraction.ts'

const whole = fc.integer({ min: -1000, max: 1000 })
const any = fc.tuple(whole, fc.integer({ min: 1, max: 60 })).map(([n, d]) => fraction(n, d))

test('counts exactly where doubles do not', () => {
  const tenth = fraction(1, 10)
  const sum = plus(plus(tenth, tenth), tenth)
  expect(sum.n * 10n === 3n * sum.d).toBe(true)
})

test('what is added can be taken away, and what is multiplied divided', () => {
  fc.assert(
    fc.property(any, any, (a, b) => {
      const back = minus(plus(a, b), b)
      const divided = b.n > 0n ? over(times(a, b), b) : a
      return atMost(a, back) && atMost(back, a) && atMost(a, divided) && atMost(divided, a)
    }),
  )
})

test('rounds down and up, below zero too', () => {
  fc.assert(
    fc.property(whole, fc.integer({ min: 1, max: 60 }), (n, d) => {
      const a = fraction(n, d)
      return Number(floor(a)) === Math.floor(n / d) && Number(ceil(a)) === Math.ceil(n / d)
    }),
  )
})

test('rounds to parts of a unit', () => {
  expect([floorTo(4, fraction(7, 10)), ceilTo(4, fraction(7, 10))]).toEqual([fraction(2, 4), fraction(3, 4)])
  expect([floorTo(5, fraction(-7, 10)), ceilTo(5, fraction(-7, 10))]).toEqual([fraction(-4, 5), fraction(-3, 5)])
})

test('knows the smaller and the larger', () => {
  const [small, large] = [fraction(1, 3), fraction(2, 5)]
  expect([least(small, large), least(large, small), most(small, large), most(large, small)]).toEqual([small, small, large, large])
  expect([atMost(small, small), atMost(large, small), atMost(zero, small)]).toEqual([true, false, true])
})
