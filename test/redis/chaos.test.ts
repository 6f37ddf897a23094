/** Six seconds of chaos; `node --conditions=@sluice/source --import tsx test/redis/run-chaos.ts` runs for a minute and prints what it saw. */
import { expect, test } from 'vitest'
import { seed } from '../seed.ts'
import { redisProgram } from '../servers/index.ts'
import { runChaos } from './chaos.ts'

await redisProgram()

test('whatever goes wrong, every call is answered, in time, and no more passes than outages explain', { timeout: 60_000 }, async () => {
  const report = await runChaos(6000, seed)
  expect(report.errors).toEqual([])
  expect(report.calls).toBeGreaterThan(500)
  // The timeout, and what an answer takes beside the wait.
  expect(report.slowestMs).toBeLessThanOrEqual(150)
  expect(report.byStore).toBeGreaterThan(0)
  expect(report.excess).toBeLessThanOrEqual(report.explained)
  // All processes together enforce the limit once more.
  expect(report.admittedByProcess).toBeLessThanOrEqual(report.bound)
})
