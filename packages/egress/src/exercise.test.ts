import { expect, test } from 'vitest'
import { runExercise } from '../test/exercise.ts'

test('ten times the rate from three processes, one killed and one stalled: no 429, and all are served or refused', async () => {
  const { counts, workers, used } = await runExercise({ windows: 4, harm: true })
  expect(counts.limited).toBe(0)
  expect(workers).toHaveLength(2)
  for (const { calls, served, refused, failed } of workers) {
    expect(failed).toEqual([])
    expect(served + refused).toBe(calls)
  }
  // How much of the quota is used depends on the machine; `test/exercise-report.ts` tells.
  expect(used).toBeGreaterThan(0)
})

test('the same load without egress gets 429s', async () => {
  const { counts } = await runExercise({ windows: 1, direct: true })
  expect(counts.limited).toBeGreaterThan(1000)
})
