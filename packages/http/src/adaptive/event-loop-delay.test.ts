import { expect, test } from 'vitest'
import { eventLoopDelay, lateness } from './event-loop-delay.ts'

/** Whether it is late each time it is asked, after so many milliseconds, in rounds of two calls. */
function lateAt(times: readonly number[], delays: readonly number[]): { readonly late: boolean[]; readonly readings: number } {
  let readings = 0
  const isLate = lateness(50, () => () => delays[readings++] ?? 0)
  return { late: times.map((ms) => isLate(ms, 2)), readings }
}

test('is late above the bound', () => {
  expect(lateAt([0, 100, 200], [50, 51, Number.NaN]).late).toEqual([false, true, false])
})

test('holds one late reading against one round of calls', () => {
  expect(lateAt([0, 1, 2, 3, 99, 100], [80, 80]).late).toEqual([true, true, false, false, false, true])
})

test('reads again after a step back of the clock', () => {
  expect(lateAt([1000, 5], [0, 80]).late).toEqual([false, true])
})

test('watches nothing before it is asked, and is never late where it cannot be known', () => {
  let made = 0
  const isLate = lateness(50, () => {
    made++
    return null
  })
  expect(made).toBe(0)
  expect([isLate(0, 2), isLate(500, 2)]).toEqual([false, false])
  expect(made).toBe(1)
})

test('is measured by the runtime, even where the loop is slower than the readings', async () => {
  const read = eventLoopDelay()!
  const delays: number[] = []
  for (let i = 0; i < 4; i++) {
    for (const until = performance.now() + 60; performance.now() < until; );
    await new Promise((resolve) => setImmediate(resolve))
    delays.push(read())
  }
  expect(Math.max(...delays.filter((ms) => !Number.isNaN(ms)))).toBeGreaterThan(40)
})
