/** An attack at 50 times the rate from four processes: what it costs Redis. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { compiled, startRedis } from '../servers/index.ts'

const redis = await startRedis()
afterAll(() => redis.stop())
const processes = 4
const seconds = 4

interface Tally {
  readonly passed: number
  readonly sent: number
  readonly seconds: number
}

async function attack(times: number, refill: number): Promise<Tally[]> {
  const program = await compiled(join(import.meta.dirname, '../redis/attacker.ts'))
  const args = [program, ...[redis.port, (times * refill) / processes, refill, seconds, 1].map(String)]
  const run = async (): Promise<Tally> => JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Tally
  return Promise.all(Array.from({ length: processes }, run))
}

test.each([1, 10])(
  'each process asks Redis at most for the units that come back, and 4 times a second: %i a second',
  { timeout: 60_000 },
  async (refill) => {
    const tallies = await attack(50, refill)
    for (const { sent, seconds: took } of tallies) expect(sent).toBeLessThanOrEqual(refill + (refill + 4) * took)
    // The bucket was full at the start. An attack that is refused by memory leaves nothing unused.
    const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
    expect(passed).toBeLessThanOrEqual(refill + Math.ceil(refill * (seconds + 2)))
    expect(passed).toBeGreaterThanOrEqual(Math.floor(refill * seconds * 0.9))
  },
)
