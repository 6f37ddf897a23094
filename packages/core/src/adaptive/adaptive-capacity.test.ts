import { expect, test } from 'vitest'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { type AdaptiveOptions, adaptiveCapacity } from './adaptive-capacity.ts'
import type { CapacitySample } from './adaptive-sample.ts'
import { nextGradient2, startGradient2 } from './gradient2.ts'

const quick: CapacitySample = { latencyMs: 10, inFlight: 20, outcome: 'answered', atMs: 1000 }

test('starts at 20, within its bounds', () => {
  const startOf = (bounds: { min?: number; max?: number; initial?: number }): number =>
    adaptiveCapacity({ latency: '100ms', ...bounds }).capacity()
  expect([{}, { min: 30 }, { max: 10 }, { initial: 7 }, { min: 300 }].map(startOf)).toEqual([20, 30, 10, 7, 300])
})

test('stands for a rule on concurrency that changes with it, in whole slots', () => {
  const { capacity, rule, learn } = adaptiveCapacity({ latency: '100ms' })
  expect(rule()).toBe(concurrency({ capacity: 20 }))
  for (let call = 0; call < 25; call++) learn(quick)
  expect(capacity()).toBe(21)
  expect(rule()).toBe(concurrency({ capacity: 21 }))
})

test('learns by gradient2 as its decider does, within its bounds and tolerance', () => {
  const { capacity, learn } = adaptiveCapacity({ algorithm: 'gradient2', min: 3, max: 40, tolerance: 2 })
  let state = startGradient2(20)
  for (let call = 0; call < 200; call++) {
    const sample: CapacitySample = { ...quick, latencyMs: call < 100 ? 10 : 60, inFlight: call < 30 ? 0 : 40, atMs: 1000 + 50 * call }
    learn(sample)
    state = nextGradient2(state, sample, { min: 3, max: 40, tolerance: 2 })
    expect(capacity()).toBe(Math.floor(state.capacity))
  }
  expect(capacity()).not.toBe(20)
})

test('learns from a call that took no time at all', () => {
  const { capacity, learn } = adaptiveCapacity({ latency: '100ms' })
  for (let call = 0; call < 25; call++) learn({ ...quick, latencyMs: 0 })
  expect(capacity()).toBe(21)
})

test.each<[string, Partial<CapacitySample>]>([
  ['no latency', { latencyMs: Number.NaN }],
  ['an endless latency', { latencyMs: Number.POSITIVE_INFINITY }],
  ['a latency before its beginning', { latencyMs: -1 }],
  ['no number in flight', { inFlight: Number.NaN }],
  ['fewer than none in flight', { inFlight: -1 }],
  ['no time', { atMs: Number.NaN }],
])('leaves out a sample with %s', (_what, wrong) => {
  for (const options of [{ latency: '5ms' }, { algorithm: 'gradient2' }] satisfies AdaptiveOptions[]) {
    const { capacity, learn } = adaptiveCapacity(options)
    for (let call = 0; call < 100; call++) learn({ ...quick, ...wrong })
    expect(capacity()).toBe(20)
  }
})

test.each<[option: string, code: string, options: unknown]>([
  ['The options of adaptiveCapacity', 'SLUICE_OPTION_TYPE', undefined],
  ['latency', 'SLUICE_DURATION', {}],
  ['latency', 'SLUICE_DURATION', { latency: 'soon' }],
  ['algorithm', 'SLUICE_CHOICE', { algorithm: 'vegas', latency: '1s' }],
  ['adaptiveCapacity.tolerance', 'SLUICE_OPTION_UNKNOWN', { latency: '1s', tolerance: 2 }],
  ['adaptiveCapacity.latency', 'SLUICE_OPTION_UNKNOWN', { algorithm: 'gradient2', latency: '1s' }],
  ['backoff', 'SLUICE_OPTION_TYPE', { latency: '1s', backoff: 1 }],
  ['backoff', 'SLUICE_OPTION_TYPE', { latency: '1s', backoff: 0 }],
  ['backoff', 'SLUICE_OPTION_TYPE', { latency: '1s', backoff: Number.NaN }],
  ['backoff', 'SLUICE_OPTION_TYPE', { latency: '1s', backoff: '0.5' }],
  ['tolerance', 'SLUICE_OPTION_TYPE', { algorithm: 'gradient2', tolerance: 0.9 }],
  ['tolerance', 'SLUICE_OPTION_TYPE', { algorithm: 'gradient2', tolerance: 11 }],
  ['min', 'SLUICE_WHOLE_NUMBER', { latency: '1s', min: 0 }],
  ['min', 'SLUICE_WHOLE_NUMBER', { latency: '1s', min: 2.5 }],
  ['max', 'SLUICE_WHOLE_NUMBER', { latency: '1s', min: 10, max: 9 }],
  ['initial', 'SLUICE_WHOLE_NUMBER', { latency: '1s', initial: 4 }],
  ['initial', 'SLUICE_WHOLE_NUMBER', { algorithm: 'gradient2', initial: 201 }],
])('refuses a wrong %s by %s: %o', (option, code, options) => {
  const fault = expect.objectContaining({ code, facts: expect.objectContaining({ option }) })
  expect(() => adaptiveCapacity(options as AdaptiveOptions)).toThrow(fault)
})

test.each<AdaptiveOptions>([
  { algorithm: 'gradient2', tolerance: 1 },
  { algorithm: 'gradient2', tolerance: 10 },
  { algorithm: 'aimd', latency: '1s', initial: 5, min: 5, max: 5 },
])('takes what is just within its bounds: %o', (options) => {
  expect(adaptiveCapacity(options).capacity()).toBe(options.initial ?? 20)
})

test.each<[unknown, RegExp]>([
  [{ algorithm: 'vegas', latency: '1s' }, /aimd.*gradient2/],
  [{ algorithm: 'gradient2', tolerance: 11 }, /a number from 1 to 10/],
  [{ latency: '1s', backoff: 1 }, /a number above 0 and below 1/],
])('refuses %o and names what it may be', (options, hint) => {
  expect(() => adaptiveCapacity(options as AdaptiveOptions)).toThrow(hint)
})
