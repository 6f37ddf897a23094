import { describe, expect, test } from 'vitest'
import { seconds, secondsRing } from './seconds-ring.ts'

describe('a ring of seconds', () => {
  test('has rates over what there is, and nulls before the first second', () => {
    const ring = secondsRing(2, 100)
    expect([ring.rates(10), ring.series(0).every((value) => value === null)]).toEqual([[0, 0], true])
    ring.push(101, [6, 1])
    ring.push(102, [2, 0])
    expect([ring.rates(10), ring.sums(10), ring.latest(), ring.second()]).toEqual([[4, 0.5], [8, 1], [2, 0], 102])
    expect(ring.series(0).slice(-3)).toEqual([null, 6, 2])
  })

  test('spreads what came in seconds that were missed, and adds what comes twice in one', () => {
    const ring = secondsRing(1, 0)
    ring.push(1, [1])
    ring.push(4, [6])
    ring.push(4, [3])
    // A clock that steps back.
    ring.push(2, [1])
    expect(ring.series(0).slice(-4)).toEqual([1, 2, 2, 6])
  })

  test('forgets what is older than fifteen minutes, also after a pause that is longer', () => {
    const ring = secondsRing(1, 0)
    for (let second = 1; second <= seconds + 1; second++) ring.push(second, [second])
    expect([ring.series(0)[0], ring.series(0).at(-1)]).toEqual([2, seconds + 1])
    ring.push(10 * seconds, [7200])
    expect(new Set(ring.series(0))).toEqual(new Set([Math.round(72_000 / (10 * seconds - seconds - 1)) / 10]))
  })
})
