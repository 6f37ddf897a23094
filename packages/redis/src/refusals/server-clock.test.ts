import { expect, test } from 'vitest'
import { serverClock } from './server-clock.ts'

test('the quickest exchanges bound by how much the clock of a server is ahead', () => {
  const clock = serverClock()
  expect(clock.boundsAfter(10_050, { sentUs: 0, receivedUs: 100 })).toEqual({ leastUs: 9950, mostUs: 10_050 })
  expect(clock.boundsAfter(11_010, { sentUs: 1000, receivedUs: 5000 })).toEqual({ leastUs: 9950, mostUs: 10_010 })
  expect(clock.boundsAfter(19_990, { sentUs: 5000, receivedUs: 10_000 })).toEqual({ leastUs: 9990, mostUs: 10_010 })
})

test('an exchange counts for one second, and for two at most', () => {
  const wide = { leastUs: 9000, mostUs: 11_000 }
  for (const [atMs, expected] of [
    [999, { leastUs: 9999, mostUs: 10_001 }],
    [1001, { leastUs: 9999, mostUs: 10_001 }],
    [2002, wide],
  ] as const) {
    const clock = serverClock()
    clock.boundsAfter(10_001, { sentUs: 0, receivedUs: 2 })
    clock.boundsAfter(910_000, { sentUs: 899_000, receivedUs: 901_000 })
    const at = atMs * 1000
    expect(clock.boundsAfter(at + 10_000, { sentUs: at - 1000, receivedUs: at + 1000 })).toEqual(expected)
  }
})

test.each([
  ['forth', 50_000],
  ['back', -50_000],
])('a clock that stepped %s is bounded by its first exchange after that', (_, stepUs) => {
  const clock = serverClock()
  clock.boundsAfter(10_050, { sentUs: 0, receivedUs: 100 })
  expect(clock.boundsAfter(10_250 + stepUs, { sentUs: 200, receivedUs: 300 })).toEqual({ leastUs: 9950 + stepUs, mostUs: 10_050 + stepUs })
})
