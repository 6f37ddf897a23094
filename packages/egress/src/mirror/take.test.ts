import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askOf, headOf, rulesOf, second, timedAsks } from '../../test/asks.ts'
import { emptyState } from './state.ts'
import { type Hint, take } from './take.ts'

const start = 10 ** 12

test('admits what a window holds, and tells the rest when the first booking leaves', () => {
  const rules = rulesOf([2], { transitUs: 100_000 })
  const state = emptyState(rules)
  const heads = [headOf([1], 1), headOf([1], 2), headOf([1], 3)]
  expect(take(state, start, askOf({ heads }), rules)).toMatchObject({ booked: [true, true, false], waitUs: 1_100_000, why: 'full' })
  const again = askOf({ heads: [heads[2]!] })
  expect(take(state, start + 1_099_999, again, rules)).toMatchObject({ booked: [false], waitUs: 1 })
  expect(take(state, start + 1_100_000, again, rules)).toMatchObject({ booked: [true], waitUs: 0, why: 'empty' })
})

test('books all dimensions of a call or none', () => {
  const rules = rulesOf([5, 10])
  const state = emptyState(rules)
  expect(take(state, start, askOf({ heads: [headOf([1, 8]), headOf([1, 8])] }), rules).booked).toEqual([true, false])
  expect(state.logs).toEqual([
    [start, 1],
    [start, 8],
  ])
})

test('a refusal books nothing, whatever is asked', () => {
  const rules = rulesOf([10, 20], { lanes: 2 })
  fc.assert(
    fc.property(timedAsks(2, { whole: false }), (asks) => {
      const state = emptyState(rules)
      let now = start
      for (const { afterUs, ask } of asks) {
        now += afterUs
        const before = state.logs.map((log) => log.reduce((sum, units, i) => (i % 2 === 1 ? sum + units : sum), 0))
        const oldest = state.logs.map((log) => log[0])
        const { booked } = take(state, now, ask, rules)
        if (state.logs.some((log, i) => oldest[i] !== undefined && oldest[i]! + 11 * second <= now && log[0] !== oldest[i])) continue
        const paid = (dimension: number): number => ask.heads.reduce((sum, head, i) => sum + (booked[i] ? head.costs[dimension]! : 0), 0)
        const after = state.logs.map((log) => log.reduce((sum, units, i) => (i % 2 === 1 ? sum + units : sum), 0))
        expect(after).toEqual(before.map((units, i) => units + paid(i)))
      }
    }),
  )
})

test('what waits longest goes first, also between processes', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([1])] }), rules)
  take(state, start + 1, askOf({ process: 'b', heads: [headOf([1], 2)] }), rules)
  take(state, start + 2, askOf({ process: 'c', heads: [headOf([1], 3)] }), rules)
  const hints: Hint[] = []
  const tooSoon = take(state, start + second, askOf({ process: 'c', heads: [headOf([1], 3)] }), rules, hints)
  expect(tooSoon).toMatchObject({ booked: [false], why: 'turn' })
  expect(take(state, start + second, askOf({ process: 'b', heads: [headOf([1], 2)] }), rules).booked).toEqual([true])
})

test('no call overtakes an older one of the same lane that could be sent, unless its process stays away', () => {
  const rules = rulesOf([6, 6], { lanes: 2 })
  fc.assert(
    fc.property(timedAsks(2, { whole: false }), (asks) => {
      const state = emptyState(rules)
      let now = start
      for (const { afterUs, ask } of asks) {
        now += afterUs
        const before = state.line.map((entry) => ({ ...entry }))
        const { booked } = take(state, now, ask, rules)
        const first = ask.heads.find((_, i) => booked[i])
        if (first === undefined) continue
        const lacking: { readonly dims: readonly number[] }[] = []
        for (const entry of before) {
          const older = entry.lane < first.lane || (entry.lane === first.lane && entry.rank < first.rank)
          if (!older || entry.process === ask.process) continue
          // What an older call lacks, or must leave to a still older one, is not what the booked one has taken. Or it was called for in vain.
          const used = (i: number): number =>
            state.logs[i]!.reduce((sum, units, at, log) => (at % 2 === 1 && log[at - 1]! + second > now ? sum + units : sum), 0)
          const paid = (i: number): number => ask.heads.reduce((sum, { costs }, at) => sum + (booked[at] ? costs[i]! : 0), 0)
          const isLeft = (i: number): boolean => lacking.some(({ dims }) => dims.includes(i))
          const lacks = [0, 1].filter((i) => entry.costs[i]! > 0 && (isLeft(i) || used(i) - paid(i) + entry.costs[i]! > 6))
          lacking.push({ dims: lacks })
          const calledInVain = entry.dueUs > 0 && now - entry.dueUs > rules.graceUs
          expect(calledInVain || (lacks.length > 0 && lacks.every((i) => first.costs[i] === 0))).toBe(true)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a head whose process does not come is called for, and skipped after the grace', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([1])] }), rules)
  take(state, start, askOf({ process: 'dead', heads: [headOf([1], 2)] }), rules)
  const mine = askOf({ process: 'b', heads: [headOf([1], 3)] })
  const hints: Hint[] = []
  expect(take(state, start + second, mine, rules, hints)).toMatchObject({ booked: [false], why: 'turn', waitUs: 250_001 })
  expect(take(state, start + second + 250_000, mine, rules).booked).toEqual([false])
  expect(take(state, start + second + 250_001, mine, rules).booked).toEqual([true])
})

test('a head that lacks only what I do not use neither stops me nor counts in my wait', () => {
  const rules = rulesOf([10, 10])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([1, 10])] }), rules)
  take(state, start, askOf({ process: 'b', heads: [headOf([1, 10], 2)] }), rules)
  expect(take(state, start, askOf({ process: 'c', heads: [headOf([1, 0], 3)] }), rules).booked).toEqual([true])
})

test('a head that must wait for an older one is not called for, and does not stop a head that uses nothing of what is lacking', () => {
  const rules = rulesOf([10, 10])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([1, 8])] }), rules)
  take(state, start, askOf({ process: 'large', heads: [headOf([1, 5], 2)] }), rules)
  expect(take(state, start, askOf({ process: 'small', heads: [headOf([1, 1], 3)] }), rules)).toMatchObject({ booked: [false], why: 'turn' })
  const hints: Hint[] = []
  expect(take(state, start, askOf({ process: 'none', heads: [headOf([1, 0], 4)] }), rules, hints).booked).toEqual([true])
  expect(hints).toEqual([])
})

test('a settlement returns units to the slot of its booking, and hints to the first of the line', () => {
  const rules = rulesOf([10])
  const state = emptyState(rules)
  const { now } = take(state, start, askOf({ heads: [headOf([10])] }), rules)
  take(state, start, askOf({ process: 'b', heads: [headOf([4], 2)] }), rules)
  const hints: Hint[] = []
  take(state, start + 300_000, askOf({ settles: [{ at: now, back: [6] }] }), rules, hints)
  expect(hints).toEqual([{ process: 'b', inUs: 0 }])
  expect(take(state, start + 300_000, askOf({ process: 'b', heads: [headOf([4], 2)] }), rules).booked).toEqual([true])
})

test('a move that still counts always fits, and one that has left is refused', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([1])] }), rules)
  expect(take(state, start + 999_999, askOf({ moves: [{ at: start, costs: [1] }] }), rules).moved).toEqual([true])
  expect(take(state, start + 1_999_998, askOf({ process: 'b', heads: [headOf([1], 2)] }), rules).booked).toEqual([false])
  expect(take(state, start + 1_999_999, askOf({ moves: [{ at: start + 999_999, costs: [1] }] }), rules).moved).toEqual([false])
})

test('a block stops every process', () => {
  const rules = rulesOf([10])
  const state = emptyState(rules)
  take(state, start, askOf({ blockUs: 3 * second }), rules)
  expect(take(state, start, askOf({ process: 'b', heads: [headOf([1])] }), rules)).toMatchObject({ booked: [false], waitUs: 3 * second })
  expect(take(state, start + 3 * second, askOf({ process: 'b', heads: [headOf([1])] }), rules).booked).toEqual([true])
})

test('a steady pace spreads a saturated quota over the window', () => {
  const rules = rulesOf([10])
  const state = emptyState(rules)
  const gaps: number[] = []
  let last = start
  for (let now = start; gaps.length < 40; now += 1000) {
    if (!take(state, now, askOf({ heads: [headOf([1])], pace: 'steady' }), rules).booked[0]) continue
    gaps.push(now - last)
    last = now
  }
  // The distance is 100 ms. Calls may catch up a slot of 17 ms and the grace of 250 ms.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(370_000)
  expect(gaps.filter((gap) => gap >= 100_000).length).toBeGreaterThan(20)
})

test('a clock that steps back neither stops the mirror nor frees a window', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  const { now } = take(state, start, askOf({ heads: [headOf([1])] }), rules)
  const stepped = start - 60 * second
  expect(take(state, stepped, askOf({ heads: [headOf([1])] }), rules)).toMatchObject({ booked: [false], now })
  expect(take(state, stepped + second, askOf({ heads: [headOf([1])] }), rules).booked).toEqual([true])
})

test('a clock that steps forward frees no window for a process that knows better', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  const { now } = take(state, start, askOf({ heads: [headOf([1])] }), rules)
  const ask = askOf({ heads: [headOf([1])], known: { now, leastUs: 400_000, mostUs: 400_000, stepped: false } })
  expect(take(state, start + 60 * second, ask, rules)).toMatchObject({ booked: [false], waitUs: 600_000 })
})

test('a clock that was found ahead stands still until real time has caught up', () => {
  const rules = rulesOf([1])
  const state = emptyState(rules)
  const { now } = take(state, start, askOf({ heads: [headOf([1])] }), rules)
  take(state, start + 60 * second, askOf({ process: 'new' }), rules)
  const known = (us: number) => ({ now, leastUs: us, mostUs: us, stepped: false })
  const early = askOf({ heads: [headOf([1])], known: known(400_000) })
  expect(take(state, start + 60 * second, early, rules)).toMatchObject({ booked: [false], why: 'blocked', waitUs: 59_600_000 })
  expect(take(state, start + 119_600_000, askOf({ heads: [headOf([1])] }), rules).booked).toEqual([true])
})

test('a process that finds its mirror lost lets a whole window pass', () => {
  const rules = rulesOf([1])
  const lost = askOf({ heads: [headOf([1])], known: { now: start, leastUs: 0, mostUs: 10, stepped: false } })
  expect(take(emptyState(rules), start, lost, rules)).toMatchObject({ booked: [false], fresh: true, waitUs: second })
  const idle = askOf({ heads: [headOf([1])], known: { now: start, leastUs: second, mostUs: second, stepped: false } })
  expect(take(emptyState(rules), start + second, idle, rules)).toMatchObject({ booked: [true], fresh: false })
})

test('a learned limit lowers the room, never raises it, and never stops a large call for good', () => {
  const rules = rulesOf([10])
  const state = emptyState(rules)
  const saw = (limit: number, at: number) => [{ dimension: 0, at, cost: 0, limit, remaining: undefined, endsUs: undefined }]
  expect(take(state, start, askOf({ seen: saw(1000, start) }), rules).view.rooms).toEqual([10])
  expect(take(state, start, askOf({ seen: saw(3, start) }), rules).view.rooms).toEqual([3])
  expect(take(state, start, askOf({ heads: [headOf([8])] }), rules).booked).toEqual([true])
})

test('strangers on the same key lower the room by what they surely use', () => {
  const rules = rulesOf([100], { transitUs: 10_000 })
  const state = emptyState(rules)
  take(state, start, askOf({ heads: [headOf([20])] }), rules)
  const seen = [{ dimension: 0, at: start + 500_000, cost: 0, limit: 100, remaining: 50, endsUs: undefined }]
  const { view } = take(state, start + 500_000, askOf({ seen }), rules)
  expect(state.learned[0]).toMatchObject({ strangers: 30 })
  expect(view.rooms[0]).toBe(70)
})
