import { describe, expect, test } from 'vitest'
import { play, type Reading, rows } from '../../test/learning-rows.ts'

describe.each(rows)('$name', (row) => {
  test(`at most ${row.mostLimited} calls are refused${row.halved ? ', 98 % of what was left is used, and it recovers within 8 s' : ''}`, () => {
    const { limited, served, used, recoveredSeconds } = play(row)
    expect(limited).toBeLessThanOrEqual(row.mostLimited)
    expect(served).toBeGreaterThan(200)
    if (row.halved !== true) return
    expect(used).toBeGreaterThanOrEqual(0.98)
    expect(recoveredSeconds).toBeLessThanOrEqual(8)
  })
})

test.each<[Reading, string]>([
  ['off', '300 a minute, halved for one minute'],
  ['off', 'a smooth stranger, and we want more than the rest'],
  ['naive', 'a smooth stranger, and we want more than the rest'],
  ['naive', 'a Poisson stranger in fixed windows, and we want more'],
  ['no spread', 'a Poisson stranger, and we want 72 % of the rest'],
  ['no spread', 'a Poisson stranger, and we are steady and want more'],
  ['no probe', 'a burst after an hour of silence'],
])('the same bounds notice: %s, by %s', (reading, name) => {
  const row = rows.find((each) => each.name === name)!
  expect(play(row, reading).limited).toBeGreaterThan(row.mostLimited)
})
