import { expect, test } from 'vitest'
import { askOf, headOf, rulesOf, second } from '../../test/asks.ts'
import { probeRules } from './probe.ts'
import { emptyState } from './state.ts'
import { type Hint, take } from './take.ts'

const start = 10 ** 12
const window = 20 * second
const rules = rulesOf([100], { windowUs: window, probes: true })
const heads = [headOf([1], 1), headOf([1], 2), headOf([1], 3)]
const heard = (at: number) => [{ dimension: 0, at, cost: 0, limit: undefined, remaining: undefined, endsUs: undefined }]

test('the first call goes alone until its response is heard, and then the others go', () => {
  const state = emptyState(rules)
  expect(take(state, start, askOf({ heads }), rules)).toMatchObject({ booked: [true, false, false], why: 'unseen', waitUs: 2 * second })
  const rest = heads.slice(1)
  expect(take(state, start + second, askOf({ heads: rest }), rules)).toMatchObject({ booked: [false, false], why: 'unseen' })
  expect(take(state, start + second, askOf({ heads: rest, seen: heard(start) }), rules).booked).toEqual([true, true])
})

test('a probe without a response holds the others up for two seconds, and for a quarter of a short window', () => {
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [heads[0]!] }), rules)
  expect(take(state, start + 2 * second - 1, askOf({ heads: [heads[1]!] }), rules).booked).toEqual([false])
  expect(take(state, start + 2 * second, askOf({ heads }), rules).booked).toEqual([true, true, true])
  expect(probeRules([second, window])).toEqual({ afterUs: second, patienceUs: second / 4 })
})

test('after a window without a response the next call goes alone again, and not before', () => {
  const state = emptyState(rules)
  take(state, start, askOf({ seen: heard(start) }), rules)
  expect(take(state, start + window, askOf({ heads }), rules).booked).toEqual([true, true, true])
  expect(take(state, start + window + 1, askOf({ heads }), rules).booked).toEqual([true, false, false])
})

test('another process waits for the probe too, keeps its place, and is told when it is over', () => {
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [heads[0]!] }), rules)
  const other = askOf({ process: 'b', heads: [headOf([1], 2)] })
  expect(take(state, start, other, rules)).toMatchObject({ booked: [false], why: 'unseen', waitUs: 2 * second })
  // It is not called for while the probe is out, so it is not taken for dead.
  expect(take(state, start + second, askOf({ process: 'c', heads: [headOf([1], 3)] }), rules)).toMatchObject({ why: 'unseen' })
  const hints: Hint[] = []
  take(state, start + second, askOf({ seen: heard(start) }), rules, hints)
  expect(hints).toEqual([{ process: 'b', inUs: 0 }])
  expect(take(state, start + second, askOf({ process: 'c', heads: [headOf([1], 3)] }), rules)).toMatchObject({
    booked: [false],
    why: 'turn',
  })
  expect(take(state, start + second, other, rules).booked).toEqual([true])
})

test('a probe that is cancelled makes the next call the probe, and one that is moved stays it', () => {
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [heads[0]!] }), rules)
  const cancelled = askOf({ heads: heads.slice(1), settles: [{ at: start, back: [1] }] })
  expect(take(state, start + 10, cancelled, rules).booked).toEqual([true, false])
  const moved = askOf({ heads: [heads[2]!], moves: [{ at: start + 10, costs: [1] }] })
  expect(take(state, start + second, moved, rules)).toMatchObject({ moved: [true], booked: [false], waitUs: 2 * second })
})

test('without responses that say anything of limits no call goes alone', () => {
  const silent = rulesOf([100], { windowUs: window })
  expect(take(emptyState(silent), start, askOf({ heads }), silent).booked).toEqual([true, true, true])
})
