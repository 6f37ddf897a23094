/** The exercise: ten times the rate of a provider from three processes that share one Redis, with one killed and one stalled. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@sluice/test/servers'
import type { WorkerReport, WorkerTask } from './exercise-worker.ts'
import { type FakeProviderCounts, startFakeProvider } from './fake-provider.ts'

export interface ExerciseReport {
  readonly counts: FakeProviderCounts
  /** Of the workers that came to their end. */
  readonly workers: readonly WorkerReport[]
  /** Part of the quota that was used after the first window. */
  readonly used: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface ExerciseOptions {
  readonly direct?: boolean
  /** Windows that it lasts. */
  readonly windows: number
  /** Kills one worker and stalls another in the middle. */
  readonly harm?: boolean
}

/** 300 requests in 6 s: a tenth of the time of 300 a minute. */
const limits = { requests: 300, tokens: 30_000, windowMs: 6000, latencyMs: 20 }
const workerFile = fileURLToPath(new URL('exercise-worker.ts', import.meta.url))

export async function runExercise({ direct = false, windows, harm = false }: ExerciseOptions): Promise<ExerciseReport> {
  await using fakeProvider = await startFakeProvider(limits)
  const redis = await startRedis()
  const forMs = windows * limits.windowMs
  const children: ChildProcess[] = []
  const reports = [0, 1, 2].map((index) => {
    const child = fork(workerFile, { execArgv: ['--conditions=@sluice/source', '--import', 'tsx'] })
    children.push(child)
    const stall = harm && index === 1 ? { afterMs: forMs * 0.6, forMs: 700 } : undefined
    const rate = (10 * limits.requests * 1000) / limits.windowMs / 3
    child.send({ url: fakeProvider.url, redisPort: redis.port, rate, forMs, limits, direct, stall } satisfies WorkerTask)
    return new Promise<WorkerReport | undefined>((resolve) => {
      child.once('message', (report) => resolve(report as WorkerReport))
      child.once('exit', () => resolve(undefined))
    })
  })
  const killer = harm ? setTimeout(() => children[2]!.kill('SIGKILL'), forMs * 0.75) : undefined
  try {
    const workers = (await Promise.all(reports)).filter((report) => report !== undefined)
    const counts = await fakeProvider.counts()
    return { counts, workers, ...figures(counts, workers, windows) }
  } finally {
    clearTimeout(killer)
    for (const child of children) child.kill('SIGKILL')
    await redis.stop()
  }
}

function figures({ servedAtMs }: FakeProviderCounts, workers: readonly WorkerReport[], windows: number) {
  const first = servedAtMs[0] ?? 0
  const { windowMs, requests } = limits
  const inTime = servedAtMs.filter((ms) => ms - first >= windowMs && ms - first < windows * windowMs)
  const late = workers.flatMap(({ latencies }) => latencies.filter(([atMs]) => atMs > 1.2 * windowMs).map(([, ms]) => ms))
  late.sort((a, b) => a - b)
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? 0
  return { used: inTime.length / (requests * (windows - 1)), p50Ms: at(0.5), p99Ms: at(0.99) }
}
