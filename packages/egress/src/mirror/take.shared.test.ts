/** What a mirror does for processes that share it: slots for calls in flight, and news that may come twice or late. */
import { expect, test } from 'vitest'
import { askOf, headOf, rulesOf, second } from '../../test/asks.ts'
import { emptyState } from './state.ts'
import { type Hint, take } from './take.ts'

const start = 10 ** 12

test('processes together hold at most the slots, and a call without one books nothing and keeps its turn', () => {
  const rules = rulesOf([10], { slots: 2 })
  const state = emptyState(rules)
  expect(take(state, start, askOf({ heads: [headOf([1], 1), headOf([1], 2), headOf([1], 3)] }), rules)).toMatchObject({
    booked: [true, true, false],
    why: 'slots',
  })
  const older = askOf({ process: 'b', heads: [headOf([1], 4)] })
  const younger = askOf({ process: 'c', heads: [headOf([1], 5)] })
  expect(take(state, start, older, rules)).toMatchObject({ booked: [false], why: 'slots' })
  expect(take(state, start, younger, rules)).toMatchObject({ booked: [false], why: 'slots' })
  expect(state.logs).toEqual([[start, 2]])
  const hints: Hint[] = []
  take(state, start, askOf({ held: 1 }), rules, hints)
  expect(hints).toEqual([{ process: 'b', inUs: 0 }])
  expect(take(state, start, younger, rules)).toMatchObject({ booked: [false], why: 'turn' })
  expect(take(state, start, older, rules).booked).toEqual([true])
})

test('what a dead process holds is free after its lease', () => {
  const rules = rulesOf([10], { slots: 1 })
  const state = emptyState(rules)
  take(state, start, askOf({ process: 'dead', heads: [headOf([1])] }), rules)
  expect(take(state, start + rules.leaseUs - 1, askOf({ heads: [headOf([1])] }), rules).booked).toEqual([false])
  expect(take(state, start + rules.leaseUs, askOf({ heads: [headOf([1])] }), rules).booked).toEqual([true])
})

test('a settlement that comes again with its number counts once', () => {
  const rules = rulesOf([10])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([9])] }), rules)
  const settled = askOf({ settling: 1, settles: [{ at: start, back: [4] }] })
  for (let i = 0; i < 3; i++) take(state, start + i, settled, rules)
  expect(state.logs).toEqual([[start, 5]])
  take(state, start + 5, { ...settled, settling: 2 }, rules)
  expect(state.logs).toEqual([[start, 1]])
})

test('a response that comes after the log has forgotten its window teaches nothing', () => {
  const rules = rulesOf([100], { transitUs: 10_000 })
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([80])] }), rules)
  const seen = [{ dimension: 0, at: start + 10, cost: 0, limit: 100, remaining: 20, endsUs: undefined }]
  take(state, start + 12 * second, askOf({ seen }), rules)
  expect(state.learned[0]).toMatchObject({ strangers: 0 })
})
