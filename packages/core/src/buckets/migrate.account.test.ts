import { describe, expect, test } from 'vitest'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { type Account, accountOf, changeBoth, uncappedBeside } from './migrate.ts'

const ten = tokenBucket({ capacity: 10, per: '1s' })
const noon = Date.UTC(2026, 0, 1, 12) * 1000

const lacking = (units: number, last: number = noon) => ({ used: units * ten.scale, last, carried: 0 })

/** An account that lacks so many units at noon, and so many in all. */
function account(units: number, inAll: number): Account {
  return { state: lacking(units), uncapped: lacking(inAll) }
}

/** What an account lacks, and in all where that is more. */
function lacks({ state, uncapped }: Account): number[] {
  return [state, ...(uncapped === undefined ? [] : [uncapped])].map(({ used }) => used / ten.scale)
}

const taking = (units: number) => (state: Account['state']) => ({ ...state, used: state.used + units * ten.scale })

test('an account has two states only while more was used than is missing', () => {
  expect(lacks(accountOf(lacking(3), undefined, ten))).toEqual([3])
  expect(lacks(accountOf(lacking(3), lacking(4), ten))).toEqual([3, 4])
  expect(lacks(accountOf(lacking(3), lacking(3), ten))).toEqual([3])
})

describe('what happens to an account', () => {
  test.each<[what: string, before: Account, now: number, units: number, after: number[]]>([
    ['is charged to both states', account(3, 8), noon, 2, [5, 10]],
    ['comes after what time has brought back to both', account(3, 8), noon + 200_000, 2, [3, 8]],
    ['meets one that is full, and has not come back in all', account(3, 8), noon + 400_000, 0, [0, 4]],
    ['meets one state where all has come back', account(3, 8), noon + 800_000, 2, [2]],
    ['meets the only state of one that was forgiven nothing', { state: lacking(3) }, noon + 100_000, 2, [4]],
  ])('%s', (_, before, now, units, after) => {
    const changed = changeBoth(before, now, ten, taking(units))
    expect(lacks(changed)).toEqual(after)
    const { state, uncapped } = before
    if (uncapped === undefined) return
    const left = uncappedBeside(changed.state, uncapped, now, units, ten)
    expect(left).toEqual(changed.uncapped)
    expect(state).toEqual(lacking(3))
  })
})
