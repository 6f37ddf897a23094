import fc from 'fast-check'
import { expect, test } from 'vitest'
import { second } from '../../test/asks.ts'
import { dimension } from './dimension.ts'
import { learn, roomOf } from './learn.ts'
import type { Sighting } from './mirror.ts'
import type { Learned } from './state.ts'
import type { WindowLog } from './window-log.ts'

const start = 10 ** 12
const minute = 60 * second
const quota = dimension({ capacity: 300, windowUs: minute, transitUs: second / 4 })

const nothing = (): Learned => ({ seenUs: 0, sureUs: 0, limit: 0, strangers: 0, endsUs: 0, peak: 0 })
const seen = (at: number, facts: Partial<Sighting>): Sighting => ({
  dimension: 0,
  cost: 0,
  at: start + at,
  limit: undefined,
  remaining: undefined,
  endsUs: undefined,
  ...facts,
})

/** The room after each of these responses, which come at once. */
function roomsAfter(log: WindowLog, ...all: readonly Sighting[]): number[] {
  const learned = nothing()
  return all.map((each) => {
    learn(learned, log, each.at, each, quota)
    return roomOf(learned, each.at, quota)
  })
}

test('a lower limit holds at once, and a higher one comes back by the capacity in a sixth of a window', () => {
  const limits = [
    seen(0, { limit: 300 }),
    seen(second, { limit: 150 }),
    seen(2 * second, { limit: 300 }),
    seen(4 * second, { limit: 300 }),
    seen(6 * second, { limit: 300 }),
  ]
  expect(roomsAfter([], ...limits)).toEqual([300, 150, 180, 240, 300])
})

test('many looks in a row raise a small limit no faster than few', () => {
  const looks = Array.from({ length: 1000 }, (_, i) => seen(i * 1000, { limit: i === 0 ? 100 : 300 }))
  expect(roomsAfter([], ...looks).at(-1)).toBe(129)
})

test('a limit above the configured one changes nothing, and leaves its rest to strangers', () => {
  expect(roomsAfter([], seen(0, { limit: 1000, remaining: 1000 }))).toEqual([300])
  expect(roomsAfter([], seen(0, { limit: 1000, remaining: 400 }))).toEqual([300])
  expect(roomsAfter([], seen(0, { limit: 1000, remaining: 250 }))).toEqual([250])
})

test('a response without a limit is read by the configured one', () => {
  expect(roomsAfter([start - second, 100], seen(0, { remaining: 120 }))).toEqual([220])
})

test('what strangers use moves only as far as the evidence demands', () => {
  // 60 of ours are surely counted, and 40 more possibly.
  const log = [start - 30 * second, 60, start, 40]
  const learned = nothing()
  const strangersAfter = (at: number, remaining: number): number => {
    learn(learned, log, start + at, seen(at, { limit: 300, remaining }), quota)
    return learned.strangers
  }
  expect(strangersAfter(0, 180)).toBe(20)
  expect(strangersAfter(1, 195)).toBe(20)
  expect(strangersAfter(2, 160)).toBe(40)
  expect(strangersAfter(3, 230)).toBe(10)
})

test('the call whose response it is has surely been counted, unless a limit has refused it', () => {
  const strangersAfter = (cost: number): number => {
    const learned = { ...nothing(), strangers: 9 }
    learn(learned, [start, 4], start, seen(0, { limit: 300, remaining: 296, cost }), quota)
    return learned.strangers
  }
  expect([strangersAfter(4), strangersAfter(0)]).toEqual([0, 4])
})

test('a response to an older call, or to a call of a window before, says nothing', () => {
  const ends = (atUs: number) => ({ endsUs: start + atUs })
  const late = [seen(second, { limit: 300, remaining: 300 }), seen(0, { limit: 10, remaining: 0 })]
  expect(roomsAfter([], ...late)).toEqual([300, 300])
  const windows = [seen(0, { limit: 300, remaining: 300, ...ends(minute) }), seen(second, { limit: 300, remaining: 0, ...ends(0) })]
  expect(roomsAfter([], ...windows)).toEqual([300, 300])
})

test('in fixed windows strangers count from zero at each reset, and as many as before are expected', () => {
  const learned = nothing()
  const look = (at: number, remaining: number, endsAt: number): void =>
    learn(learned, [], start + at, seen(at, { limit: 300, remaining, endsUs: start + endsAt }), quota)
  look(0, 200, 10 * second)
  look(9 * second, 160, 10 * second)
  look(11 * second, 290, 70 * second)
  expect(learned).toMatchObject({ strangers: 10, peak: 140, endsUs: start + 70 * second })
  expect(roomOf(learned, start + 70 * second - 1, quota)).toBe(159)
  // While much of the window is left, strangers may use more than before.
  expect(roomOf(learned, start + 11 * second, quota)).toBe(110)
})

test('at a reset strangers begin from zero, also while a burst of ours may be counted or not', () => {
  const learned = nothing()
  learn(learned, [], start, seen(0, { limit: 300, remaining: 200, endsUs: start + second }), quota)
  const burst = [start + 2 * second, 60]
  learn(learned, burst, start + 2 * second, seen(2 * second, { limit: 300, remaining: 230, endsUs: start + 61 * second }), quota)
  expect(learned).toMatchObject({ strangers: 10, peak: 100 })
})

test('an empty quota does not lower what strangers are taken to use, because they may want more than was counted', () => {
  const learned = nothing()
  learn(learned, [], start, seen(0, { limit: 300, remaining: 200 }), quota)
  const log = [start + second, 250]
  const strangersAfter = (remaining: number): number => {
    const copy = { ...learned }
    learn(copy, log, start + 3 * second, seen(3 * second, { limit: 300, remaining }), quota)
    return copy.strangers
  }
  expect([strangersAfter(0), strangersAfter(1)]).toEqual([100, 49])
})

test('of our calls only those since the reset are counted in a fixed window', () => {
  const log = [start - 20 * second, 100, start - second, 50]
  const learned = nothing()
  learn(learned, log, start, seen(0, { limit: 300, remaining: 230, endsUs: start + 50 * second }), quota)
  expect(learned.strangers).toBe(20)
})

test('while a burst of ours enters or leaves the window, a look does not shorten the time since the last clear one', () => {
  const rooms = (burst: number): number[] => {
    const learned = nothing()
    const log = [start - 59 * second, 0, start + second, burst]
    learn(learned, [], start, seen(0, { limit: 300, remaining: 200 }), quota)
    return [second, 30 * second].map((at) => {
      learn(learned, log, start + at, seen(second, { limit: 300, remaining: 200 - burst }), quota)
      return roomOf(learned, start + at, quota)
    })
  }
  expect(rooms(4)[0]).toBe(200)
  expect(rooms(100)[0]).toBe(194)
})

test('nothing that is learned raises the room above the capacity, or makes it no whole number from 0', () => {
  const units = fc.oneof(fc.nat({ max: 500 }), fc.constantFrom(0, 1, 10 ** 15 - 1))
  const look = fc.record({
    at: fc.integer({ min: -minute, max: 3 * minute }),
    limit: fc.option(units, { nil: undefined }),
    remaining: fc.option(units, { nil: undefined }),
    endsUs: fc.option(fc.integer({ min: start - minute, max: start + 4 * minute }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(look, { maxLength: 20 }), fc.nat({ max: 300 }), (looks, burst) => {
      const learned = nothing()
      for (const { at, ...facts } of looks) {
        learn(learned, [start, burst], start + Math.max(0, at), seen(at, facts), quota)
        const room = roomOf(learned, start + Math.max(0, at), quota)
        expect(Number.isSafeInteger(room) && room >= 0 && room <= 300).toBe(true)
      }
    }),
  )
})
