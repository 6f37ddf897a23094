/** One race in a process of its own. Its task is JSON in the first argument, and it prints the outcome as JSON. */

import { seeded } from '../decide/keys.ts'
import { peer } from './peers.ts'
import { fixedProvider, type Quota, slidingProvider } from './provider.ts'
import { type Contender, race } from './race.ts'
import { sluiceAlone, sluiceOverRedis } from './sluice.ts'
import { generatedTrace, readTrace } from './trace.ts'
import { connectRedis, disconnectRedis } from './virtual-redis.ts'
import { replaceTime, type VirtualTime } from './virtual-time.ts'

/** What a process is to run. */
export interface RaceTask {
  readonly contender: string
  readonly quota: Quota
  /** File of the trace; without it the trace is generated. */
  readonly trace?: string | undefined
  /** When fixed windows begin, in milliseconds; without it the provider counts a sliding window. */
  readonly phaseMs?: number | undefined
  readonly unknownOutput?: number | undefined
  readonly redisPort: number
  readonly seed: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as RaceTask
const { quota, trace: file, phaseMs, unknownOutput, seed } = task
const trace = file === undefined ? generatedTrace() : readTrace(file)
const redis = await connectRedis(task.redisPort)
const time = replaceTime()
Math.random = seeded(seed)
const contender = contenderOf(task.contender, time)
const outcome = await race({
  trace,
  provider: phaseMs === undefined ? slidingProvider(quota) : fixedProvider(quota, phaseMs),
  time,
  contender,
  unknownOutput,
  seed,
})
time.restore()
disconnectRedis(redis)
process.stdout.write(JSON.stringify(outcome), () => process.exit())

function contenderOf(name: string, virtual: VirtualTime): Contender {
  if (name === 'sluice') return sluiceAlone(quota, virtual)
  if (name === 'sluice, 3 processes') return sluiceOverRedis(quota, virtual, redis)
  return peer(name, quota)
}
