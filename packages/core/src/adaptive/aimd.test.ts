import { expect, test } from 'vitest'
import type { CapacitySample } from './adaptive-sample.ts'
import { nextAimd } from './aimd.ts'

const numbers = { min: 2, max: 12, latencyMs: 100, backoff: 0.5 }
const quick: CapacitySample = { latencyMs: 10, inFlight: 10, outcome: 'answered', atMs: 1000 }
const slow: CapacitySample = { ...quick, latencyMs: 101 }

/** The capacity after several of the same calls. */
function after(calls: number, sample: CapacitySample, capacity: number): number {
  let state = { capacity }
  for (let call = 0; call < calls; call++) state = nextAimd(state, sample, numbers)
  return state.capacity
}

test('grows by one in a round of quick calls that use the capacity', () => {
  const raised = after(4, quick, 4)
  expect(raised).toBeGreaterThan(4.9)
  expect(raised).toBeLessThanOrEqual(5)
})

test.each<[string, CapacitySample]>([
  ['slow calls', slow],
  ['calls whose clients waited longer than that', { ...slow, outcome: 'aborted' }],
  ['calls that were lost, however quickly', { ...quick, outcome: 'overloaded' }],
])('shrinks by its part in a round of %s', (_what, sample) => {
  expect(after(10, sample, 10)).toBe(5)
})

test('learns nothing from a client that went early', () => {
  expect(after(10, { ...quick, outcome: 'aborted' }, 10)).toBe(10)
})

test('takes one slow call among many quick ones for what it is', () => {
  expect(after(1, slow, after(9, quick, 10))).toBeGreaterThan(10)
})

test('does not grow while less than half of it is used', () => {
  expect(after(1, { ...quick, inFlight: 4 }, 10)).toBe(10)
})

test('is hardly worn down by slow calls that were nearly alone', () => {
  expect(after(10, { ...slow, inFlight: 1 }, 10)).toBeGreaterThan(9.4)
})

test('stays within its bounds', () => {
  expect(after(100, slow, 10)).toBe(2)
  expect(after(100, { ...quick, inFlight: 12 }, 10)).toBe(12)
})

test.each<[what: string, sample: Partial<CapacitySample>, capacity: number]>([
  ['a quick one of many', {}, 10.1],
  ['one exactly as long as it may take', { latencyMs: 100 }, 10.1],
  ['a quick one beside half of what is admitted', { inFlight: 5 }, 10.1],
  ['a quick one that was lost', { outcome: 'overloaded' }, 9.5],
  ['a slow one of many', { latencyMs: 101 }, 9.5],
  ['a slow one beside half of what is admitted', { latencyMs: 101, inFlight: 5 }, 9.75],
  ['a slow one of more than are admitted', { latencyMs: 101, inFlight: 20 }, 9.5],
])('%s moves a capacity of 10 to its place', (_, sample, capacity) => {
  expect(nextAimd({ capacity: 10 }, { ...quick, ...sample }, numbers).capacity).toBeCloseTo(capacity, 9)
})
