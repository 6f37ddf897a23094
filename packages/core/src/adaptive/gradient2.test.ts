import { expect, test } from 'vitest'
import type { CapacitySample } from './adaptive-sample.ts'
import { type Gradient2State, nextGradient2, startGradient2 } from './gradient2.ts'

const numbers = { min: 5, max: 50, tolerance: 1.5 }
const call = { latencyMs: 10, outcome: 'answered' } as const

/** So many calls one after the other, each among as many as the capacity admits, or among `inFlight`. */
function after(
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
  const { usualMs, capacity } = after(2000, call)
  expect(usualMs).toBeCloseTo(10)
  expect(capacity).toBe(50)
})

test('shrinks while calls take much longer than usual', () => {
  const used = after(2000, call)
  expect(after(500, { latencyMs: 100 }, used).capacity).toBeLessThan(used.capacity / 2)
})

test('rests where calls take a little longer than it tolerates', () => {
  let state = after(2000, call)
  // A server that works on eight at a time.
  for (let i = 0; i < 20; i++) state = after(100, { latencyMs: Math.max(10, (10 * state.capacity) / 8) }, state)
  expect(state.capacity).toBeGreaterThan(12)
  expect(state.capacity).toBeLessThan(16)
})

test('does not take an overload of half a minute for usual', () => {
  const { usualMs, roundAtMs } = after(2500, { latencyMs: 100 }, after(2000, call))
  expect(roundAtMs).toBeGreaterThan(25_000)
  expect(usualMs).toBeLessThan(16)
})

test('takes for usual at last what has been so for long', () => {
  const { usualMs, capacity } = after(300_000, { latencyMs: 100 }, after(2000, call))
  expect(usualMs).toBeGreaterThan(80)
  expect(capacity).toBe(50)
})

test('learns at once what calls take when the server is calm again', () => {
  const overloaded = after(300_000, { latencyMs: 100 }, after(2000, call))
  expect(after(3000, call, overloaded, 4).usualMs).toBeLessThan(20)
})

test('neither grows nor shrinks while less than half of it is used', () => {
  const calm = after(400, call, startGradient2(20), 2)
  expect(after(400, { latencyMs: 500 }, calm, 2).capacity).toBe(20)
})

test('shrinks for lost calls however quick they were, down to its bound', () => {
  expect(after(2000, { outcome: 'overloaded' }, after(400, call)).capacity).toBe(5)
})

test('learns nothing from clients that went early, and enough from those that waited too long', () => {
  const used = after(400, call)
  expect(after(400, { outcome: 'aborted', latencyMs: 11 }, used)).toBe(used)
  expect(after(400, { outcome: 'aborted', latencyMs: 1 })).toEqual(startGradient2(20))
  expect(after(400, { outcome: 'aborted', latencyMs: 100 }, used).capacity).toBeLessThan(used.capacity)
})

test('survives calls that take no time, and a clock that steps back', () => {
  const state = after(400, { latencyMs: 0 })
  expect(nextGradient2(after(399, call, state), { ...call, inFlight: 20, atMs: -5 }, numbers).usualMs).toBeGreaterThan(0)
  expect(state.capacity).toBeGreaterThan(20)
})
