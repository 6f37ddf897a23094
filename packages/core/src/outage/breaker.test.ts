import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { type Breaker, breaker } from './breaker.ts'

const clock = manualClock()
let gate: Breaker
let reported: string[]

beforeEach(() => {
  reported = []
  const events = {
    began: (cause: unknown) => reported.push(`began: ${cause}`),
    ended: (cause: unknown) => reported.push(`ended: ${cause}`),
  }
  gate = breaker(clock, events, () => 1)
})

function open(): void {
  for (let i = 0; i < 3; i++) gate.failed('call', 'refused')
}

test('lets everything through while the store answers', () => {
  expect([gate.pass(), gate.pass()]).toEqual(['call', 'call'])
  expect(gate.cause()).toBeUndefined()
})

test('opens at the third failure in a row, and a success in between starts over', () => {
  gate.failed('call', 'slow')
  gate.failed('call', 'slow')
  gate.succeeded('call')
  gate.failed('call', 'slow')
  gate.failed('call', 'slow')
  expect([gate.pass(), reported]).toEqual(['call', []])
  gate.failed('call', 'refused')
  expect([gate.pass(), reported, gate.cause()]).toEqual([undefined, ['began: refused'], 'refused'])
})

describe('where half of 20 calls fail', () => {
  /** So many calls, of which every other one fails, one after the other. */
  function everyOtherFails(calls: number, betweenMs: number): void {
    for (let i = 0; i < calls; i++) {
      clock.advance(betweenMs)
      if (i % 2 === 1) gate.failed('call', 'no writes')
      else gate.succeeded('call')
    }
  }

  test.each([
    ['opens, though successes came between', 0, 20, 500, ['began: no writes']],
    ['opens, however many calls succeeded before', 1000, 20, 10, ['began: no writes']],
    ['stays closed where the calls are further apart', 0, 41, 600, []],
    ['stays closed where there were fewer', 0, 19, 10, []],
  ])('%s', (_, successes, calls, betweenMs, wanted) => {
    for (let i = 0; i < successes; i++) gate.succeeded('call')
    everyOtherFails(calls, betweenMs)
    expect(reported).toEqual(wanted)
  })

  test('stays closed where one of three fails', () => {
    for (let i = 0; i < 300; i++) {
      if (i % 3 === 0) gate.failed('call', 'slow')
      else gate.succeeded('call')
    }
    expect(reported).toEqual([])
  })

  test('those before an outage do not count after it', () => {
    everyOtherFails(20, 1)
    clock.advance(100)
    gate.pass()
    gate.succeeded('call')
    gate.failed('call', 'no writes')
    expect(reported).toEqual(['began: no writes', 'ended: no writes'])
  })
})

describe('while it is open', () => {
  beforeEach(open)

  test('lets one probe through after 100 ms, and nothing beside it', () => {
    clock.advance(99)
    expect(gate.pass()).toBeUndefined()
    clock.advance(1)
    expect([gate.pass(), gate.pass()]).toEqual(['probe', undefined])
  })

  test('doubles the time between probes up to a second', () => {
    const waits = [100, 200, 400, 800, 1000, 1000]
    for (const wait of waits) {
      clock.advance(wait - 1)
      expect(gate.pass()).toBeUndefined()
      clock.advance(1)
      expect(gate.pass()).toBe('probe')
      gate.failed('probe', 'refused')
    }
  })

  test('closes with the first success, and says why it was open', () => {
    clock.advance(100)
    gate.pass()
    gate.succeeded('call')
    expect([gate.pass(), reported]).toEqual(['call', ['began: refused', 'ended: refused']])
  })

  test('learns nothing from calls that were in flight', () => {
    gate.failed('call', 'slow')
    clock.advance(100)
    expect(gate.pass()).toBe('probe')
    expect(reported).toHaveLength(1)
  })

  test('probes again at once where a probe never reached the store', () => {
    clock.advance(100)
    gate.pass()
    gate.released('probe')
    expect(gate.pass()).toBe('probe')
  })
})

test('draws the time of a probe from a half to the whole of the interval', () => {
  gate = breaker(clock, { began: () => {}, ended: () => {} }, () => 0)
  open()
  clock.advance(49)
  expect(gate.pass()).toBeUndefined()
  clock.advance(1)
  expect(gate.pass()).toBe('probe')
})
