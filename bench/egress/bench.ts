/** What it costs to wait for a provider: a call that enters a long queue, beside the queues of the peers, and a call over Redis. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, rounded, rowsOf } from '../interleave.ts'
import type { Result } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { contenders } from './contenders.ts'
import { costOfShared, type SharedCost } from './shared.ts'

/** Processes that each contender runs in, in turns with the others, with so many rounds in each. */
const processes = 5
const roundsOfProcess = 5
const runsOverRedis = 5

export async function benchEgress(): Promise<Result> {
  const names = Object.keys(contenders)
  const samples = names.map((): number[] => [])
  const bytes = names.map((): number[] => [])
  for (let i = 0; i < processes; i++) {
    for (const [at, name] of names.entries()) {
      const run = await runProcess(name)
      samples[at]!.push(...run.nanos)
      bytes[at]!.push(run.bytes)
    }
  }
  const costs: SharedCost[] = []
  for (let i = 0; i < runsOverRedis; i++) costs.push(await costOfShared())
  const commands = costs.map((cost) => cost.commands)
  const scriptNanos = costs.map(({ scriptUs }) => scriptUs * 1000)
  return {
    unit: 'nanoseconds, and bytes or commands where the row says so',
    rounds: processes * roundsOfProcess,
    versions: versionsOf('@sluice/egress', 'p-queue', 'p-throttle', 'bottleneck', 'ioredis'),
    rows: [
      ...rowsOf('CPU of a call that enters, 100k waiting', names, samples),
      ...rowsOf('bytes of a call that waits', names, bytes),
      ...rowsOf('Redis: time of the script of a call', ['sluice'], [scriptNanos]),
      ...rowsOf('Redis: commands of a call', ['sluice'], [commands]),
    ],
    claims: [
      { text: 'acquire in memory with 100k waiting, us', measured: rounded(median(samples[0]!) / 1000, 2), atMost: 5 },
      { text: 'Redis: commands of a call with known tokens', measured: rounded(median(commands), 2), atMost: 1 },
      { text: 'Redis: time of the script, us', measured: rounded(median(scriptNanos) / 1000, 1), atMost: 60 },
    ],
  }
}

interface Run {
  readonly nanos: readonly number[]
  readonly bytes: number
}

async function runProcess(name: string): Promise<Run> {
  const script = fileURLToPath(new URL('./run-contender.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, name, String(roundsOfProcess)])
  return JSON.parse(stdout) as Run
}
