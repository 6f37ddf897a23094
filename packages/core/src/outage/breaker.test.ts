import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { type Breaker, breaker } from './breaker.ts'

const clock = manualClock()
let gate: Breaker
let said: string[]

beforeEach(() => {
  said = []
  const events = { began: (cause: unknown) => said.push(`began: ${cause}`), ended: (cause: unknown) => said.push(`ended: ${cause}`) }
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
  gate.succeeded()
  gate.failed('call', 'slow')
  gate.failed('call', 'slow')
  expect([gate.pass(), said]).toEqual(['call', []])
  gate.failed('call', 'refused')
  expect([gate.pass(), said, gate.cause()]).toEqual([undefined, ['began: refused'], 'refused'])
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
    gate.succeeded()
    expect([gate.pass(), said]).toEqual(['call', ['began: refused', 'ended: refused']])
  })

  test('learns nothing from calls that were under way', () => {
    gate.failed('call', 'slow')
    clock.advance(100)
    expect(gate.pass()).toBe('probe')
    expect(said).toHaveLength(1)
  })

  test('probes again at once where a probe never reached the store', () => {
    clock.advance(100)
    gate.pass()
    gate.spared('probe')
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
