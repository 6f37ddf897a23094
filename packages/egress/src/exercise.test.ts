/**
 * What holds on any machine. How long calls take and how much of the quota is used is proved without a clock in `provider.load.test.ts`, and
 * measured by `pnpm check bounds`, where no other test runs.
 */
import { beforeAll, expect, test } from 'vitest'
import { type ExerciseReport, runExercise, transitMs } from '../test/exercise.ts'

let report: ExerciseReport

beforeAll(async () => {
  report = await runExercise({ windowMs: 3000, windows: 2 })
})

test('ten times the rate without egress gets 429s', () => {
  expect(report.direct.limited).toBeGreaterThan(50)
})

test('through egress no call is refused by the provider, unless the machine took longer than the transit allows', () => {
  const { limited, unexplained, slowestTransitMs } = report
  expect(unexplained).toBe(0)
  if (slowestTransitMs <= transitMs) expect(limited).toBe(0)
})

test('every call of the workers that live is served, or refused with a wait, though one is stalled and one is killed', () => {
  expect(report.workers).toHaveLength(2)
  for (const { calls, served, refused, limited, failed } of report.workers) {
    expect(failed).toEqual([])
    expect(served + refused + limited).toBe(calls)
  }
})
