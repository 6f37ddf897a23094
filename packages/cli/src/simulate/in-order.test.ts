import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogRequest } from '../log/request-reader.ts'
import { inOrder } from './in-order.ts'

function ordered(timesMs: readonly number[]): { times: readonly number[]; late: number } {
  const times: number[] = []
  const order = inOrder(({ timeMs }) => times.push(timeMs))
  for (const timeMs of timesMs) order.add({ timeMs, route: '', keys: [] } satisfies LogRequest)
  order.end()
  return { times, late: order.late }
}

test('gives out lines that are up to 60 s out of order by their times', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 59_000 })), { maxLength: 200 }), (steps) => {
      let nowMs = 1_000_000_001
      const times = steps.map(([on, back]) => {
        nowMs += on
        return nowMs - back
      })
      // A fraction keeps each time as it is.
      const written = times.map((time) => time + 0.5)
      expect(ordered(written)).toEqual({ times: [...written].sort((a, b) => a - b), late: 0 })
    }),
  )
})

test('leaves out and counts a line that is more than 60 s late', () => {
  expect(ordered([100_000.5, 38_000.5, 40_000.5])).toEqual({ times: [40_000.5, 100_000.5], late: 1 })
})

test('spreads the requests of a log without fractions evenly over each second', () => {
  expect(ordered([5000, 5000, 5000, 5000, 6000]).times).toEqual([5000, 5250, 5500, 5750, 6000])
  expect(ordered([5000, 5001]).times).toEqual([5000, 5001])
})

test('holds a bounded number of requests, and still gives out each of them', () => {
  const times: number[] = []
  const order = inOrder(({ timeMs }) => times.push(timeMs))
  for (let i = 0; i < 300_000; i++) order.add({ timeMs: 7_000_000, route: '', keys: [] })
  expect(times.length).toBeGreaterThan(50_000)
  order.add({ timeMs: 7_000_000, route: '', keys: [] })
  order.end()
  expect([times.length, order.late]).toEqual([300_001, 0])
})
