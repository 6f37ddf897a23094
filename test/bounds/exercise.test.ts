/** How long calls through egress take, and how much of the quota is used: with three processes on one Redis, and no other test beside them. */
import { beforeAll, expect, test } from 'vitest'
import { type ExerciseReport, runExercise, transitMs } from '../../packages/egress/test/exercise.ts'

const windowMs = 6000
let report: ExerciseReport

beforeAll(async () => {
  report = await runExercise({ windowMs })
}, 180_000)

test('at least 97 % of the quota is used, less the time in which the machine kept the workers waiting', () => {
  // After a 429 nothing is sent for the 300 ms that the provider asks for.
  const blocked = (report.limited * 300) / windowMs
  expect(report.used).toBeGreaterThanOrEqual(0.97 - report.delayed - blocked)
})

test('after the first window the p99 latency is within 1.2 times the median, plus what the machine adds to a call', () => {
  const { p50Ms, p99Ms, bareP99Ms, longestDelayMs, slowestTransitMs } = report
  expect(p99Ms).toBeLessThanOrEqual(1.2 * p50Ms + bareP99Ms + Math.max(0, longestDelayMs - 50) + Math.max(0, slowestTransitMs - transitMs))
})

test('99 of 100 refusals on arrival take at most 10 ms, or ten bare round trips to Redis where the machine makes them slower', () => {
  const { refusalP99Ms, bareP99Ms, waitedInVain, delayed } = report
  expect(refusalP99Ms).toBeLessThanOrEqual(10 * Math.max(1, bareP99Ms))
  // A worker that stands still for 0.7 s of 15 s finds that its calls have waited in vain.
  expect(waitedInVain).toBeLessThanOrEqual(0.05 + delayed)
})
