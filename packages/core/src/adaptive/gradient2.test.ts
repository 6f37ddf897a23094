import { describe, expect, test } from 'vitest'
import type { CapacitySample } from './adaptive-sample.ts'
import { type Gradient2State, nextGradient2, startGradient2 } from './gradient2.ts'

const numbers = { min: 5, max: 50, tolerance: 1.5 }
const call = { latencyMs: 10, outcome: 'answered' } as const

/** So many calls one after the other, each among as many as the capacity admits, or among `inFlight`. */
function stateAfter(
  calls: number,
  sample: Partial<CapacitySample>,
  from: Gradient2State = startGradient2(20),
  inFlight?: number,
): Gradient2State {
  let state = from
  let atMs = from.roundAtMs ?? 0
  for (let i = 0; i < calls; i++) {
    atMs += (sample.latencyMs ?? call.latencyMs) / state.capacity
    state = nextGradient2(state, { ...call, atMs, inFlight: inFlight ?? state.capacity, ...sample }, numbers)
  }
  return state
}

test('takes the first round for usual, and grows to its bound while calls stay so', () => {
  const { usualMs, capacity } = stateAfter(2000, call)
  expect(usualMs).toBeCloseTo(10)
  expect(capacity).toBe(50)
})

test('shrinks while calls take much longer than usual', () => {
  const used = stateAfter(2000, call)
  expect(stateAfter(500, { latencyMs: 100 }, used).capacity).toBeLessThan(used.capacity / 2)
})

test('rests where calls take a little longer than it tolerates', () => {
  let state = stateAfter(2000, call)
  // A server that works on eight at a time.
  for (let i = 0; i < 20; i++) state = stateAfter(100, { latencyMs: Math.max(10, (10 * state.capacity) / 8) }, state)
  expect(state.capacity).toBeGreaterThan(12)
  expect(state.capacity).toBeLessThan(16)
})

test('does not take an overload of half a minute for usual', () => {
  const { usualMs, roundAtMs } = stateAfter(2500, { latencyMs: 100 }, stateAfter(2000, call))
  expect(roundAtMs).toBeGreaterThan(25_000)
  expect(usualMs).toBeLessThan(16)
})

test('takes for usual at last what has been so for long', () => {
  const { usualMs, capacity } = stateAfter(300_000, { latencyMs: 100 }, stateAfter(2000, call))
  expect(usualMs).toBeGreaterThan(80)
  expect(capacity).toBe(50)
})

test('learns at once what calls take when the server is calm again', () => {
  const overloaded = stateAfter(300_000, { latencyMs: 100 }, stateAfter(2000, call))
  expect(stateAfter(3000, call, overloaded, 4).usualMs).toBeLessThan(20)
})

test('neither grows nor shrinks while less than half of it is used', () => {
  const calm = stateAfter(400, call, startGradient2(20), 2)
  expect(stateAfter(400, { latencyMs: 500 }, calm, 2).capacity).toBe(20)
})

test('shrinks for lost calls however quick they were, down to its bound', () => {
  expect(stateAfter(2000, { outcome: 'overloaded' }, stateAfter(400, call)).capacity).toBe(5)
})

test('learns nothing from clients that went early, and enough from those that waited too long', () => {
  const used = stateAfter(400, call)
  expect(stateAfter(400, { outcome: 'aborted', latencyMs: 11 }, used)).toBe(used)
  expect(stateAfter(400, { outcome: 'aborted', latencyMs: 1 })).toEqual(startGradient2(20))
  expect(stateAfter(400, { outcome: 'aborted', latencyMs: 100 }, used).capacity).toBeLessThan(used.capacity)
})

test('survives calls that take no time, and a clock that steps back', () => {
  const state = stateAfter(400, { latencyMs: 0 })
  expect(nextGradient2(stateAfter(399, call, state), { ...call, inFlight: 20, atMs: -5 }, numbers).usualMs).toBeGreaterThan(0)
  expect(state.capacity).toBeGreaterThan(20)
})

describe('a round', () => {
  /** Twenty calls at a capacity of 20, of which so many felt a crowd and so many were lost; what is usual is known from `from`. */
  function round(from: Partial<Gradient2State>, { latencyMs = 10, used = 20, lost = 0, atMs = 2000 } = {}): Gradient2State {
    let state: Gradient2State = { ...startGradient2(20), usualMs: 10, rounds: 5, roundAtMs: 1000, ...from }
    for (let i = 0; i < 20; i++) {
      const outcome = i < lost ? 'overloaded' : 'answered'
      state = nextGradient2(state, { latencyMs, outcome, inFlight: i < used ? 10 : 9, atMs }, numbers)
    }
    return state
  }

  test.each<
    [what: string, from: Partial<Gradient2State>, calls: Parameters<typeof round>[1], capacity: number, usualMs: number, rounds: number]
  >([
    ['as quick as usual lets more in', {}, {}, 20.4472, 10, 5],
    ['slower than tolerated lets fewer in', {}, { latencyMs: 30 }, 18.4539, 10.0333, 5],
    ['slower by far lets half in at most', {}, { latencyMs: 100 }, 18.4472, 10.15, 5],
    ['of which half felt a crowd is one', {}, { latencyMs: 100, used: 10 }, 18.4472, 10.15, 5],
    ['without a crowd says only what is usual', {}, { latencyMs: 30, used: 9 }, 20, 13.3333, 6],
    ['without a crowd says less after many', { rounds: 40 }, { latencyMs: 30, used: 9 }, 20, 11, 41],
    ['with a quarter lost lets fewer in, however quick the others were', {}, { lost: 5 }, 19.9472, 10, 5],
    ['that was lost lets half in, and says nothing of what is usual', {}, { latencyMs: 99, lost: 20 }, 18.4472, 10, 5],
    ['that was lost before anything is usual lets half in', { usualMs: 0, rounds: 0 }, { lost: 20 }, 18.4472, 0, 0],
    ['much quicker than usual brings that down', { usualMs: 30 }, {}, 20.4472, 28.4683, 5],
    ['twice as quick as usual does not yet', { usualMs: 20 }, { atMs: 1000 }, 20.4472, 20, 5],
    ['of a clock that stepped back says nothing of a crowd', {}, { latencyMs: 30, atMs: 500 }, 18.4472, 10, 5],
    ['after a long time says as much as a calm one', {}, { latencyMs: 30, atMs: 301_000 }, 18.6472, 11, 5],
    ['that is the first says what is usual', startGradient2(20), { latencyMs: 30 }, 20.4472, 30, 1],
    ['after rounds that were lost does so, too', { usualMs: 0, rounds: 0 }, { latencyMs: 30 }, 20.4472, 30, 1],
    ['at the lowest bound stays there', { capacity: 5 }, { latencyMs: 100 }, 5, 10.15, 5],
  ])('%s', (_, from, calls, capacity, usualMs, rounds) => {
    const after = round(from, calls)
    expect(after.capacity).toBeCloseTo(capacity, 4)
    expect(after.usualMs).toBeCloseTo(usualMs, 4)
    expect(after).toMatchObject({ rounds, roundAtMs: calls?.atMs ?? 2000, round: { calls: 0, sumMs: 0, used: 0, lost: 0 } })
  })

  test('ends with the twentieth call, or with as many as the capacity admits', () => {
    const callsOf = (capacity: number, calls: number): number => stateAfter(calls, call, startGradient2(capacity)).round.calls
    expect([callsOf(7, 19), callsOf(7, 20), callsOf(20, 20), callsOf(30.5, 30), callsOf(30.5, 31)]).toEqual([19, 0, 0, 30, 0])
  })

  test('counts calls whose clients went when that took longer than is tolerated', () => {
    const known = { ...startGradient2(20), usualMs: 10, roundAtMs: 1000 }
    const aborted = (latencyMs: number) => stateAfter(1, { outcome: 'aborted', latencyMs }, known).round
    expect(aborted(15)).toEqual({ calls: 0, sumMs: 0, used: 0, lost: 0 })
    expect(aborted(16)).toEqual({ calls: 1, sumMs: 16, used: 1, lost: 0 })
    expect(stateAfter(1, { outcome: 'overloaded', latencyMs: 16 }, known).round).toEqual({ calls: 1, sumMs: 0, used: 1, lost: 1 })
  })
})
