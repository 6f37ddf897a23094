/**
 * The exercise: ten times the rate of a provider from three processes that share one Redis, at a tenth of the time scale. First they call
 * directly, then through egress, where one of them is stalled and one is killed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getPriority, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Arrival, compiled, startFakeProvider, startRedis } from '@sluice/test/servers'
import type { WorkerReport, WorkerTask } from './exercise-worker.ts'

export interface ExerciseReport {
  /** What the provider saw of the calls that came directly: how many it served and refused. */
  readonly direct: { readonly calls: number; readonly limited: number }
  /** What it saw of the calls through egress. */
  readonly arrivals: readonly Arrival[]
  readonly limited: number
  /**
   * 429s that the mirror has to answer for: in the window before them, every call had arrived within its transit. The proof of the mirror
   * says that there are none.
   */
  readonly unexplained: number
  /** Of the workers that came to their end. */
  readonly workers: readonly WorkerReport[]
  /** Part of the quota that was used after the first window, from 0 to 1. */
  readonly used: number
  /** Latencies of the calls that began after the first window, in milliseconds. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Part of the refused calls that waited in vain, from 0 to 1, and the p99 time of the refusals of the others, in milliseconds. */
  readonly waitedInVain: number
  readonly refusalP99Ms: number
  /** The p99 time of bare round trips to Redis that the workers made meanwhile, in milliseconds: what the machine makes of any call. */
  readonly bareP99Ms: number
  /** What the machine did: the part of the time that it kept a worker waiting, the longest such wait, and the slowest way to the provider. */
  readonly delayed: number
  readonly longestDelayMs: number
  readonly slowestTransitMs: number
}

/** How long an exercise takes. */
export interface ExerciseOptions {
  /** Length of the provider's window. @default 6000, a tenth of the time of 300 requests a minute */
  readonly windowMs?: number
  /** For how many windows calls are sent. The first one sends a burst, and the figures are those of what follows. @default 2.5 */
  readonly windows?: number
}

/**
 * A booking counts for the window and the transit, and its slot for a sixtieth of that more. So at least 97.0 % of the quota can be used
 * while a transit is at most 1.4 % of its window: `1 / (1.014 * (1 + 1 / 60))`. With a transit of 300 ms it would be 93.7 %.
 */
export const transitMs = 80

const workerFile = fileURLToPath(new URL('exercise-worker.ts', import.meta.url))

/**
 * Other programs of the machine wait for this process and those that it starts, as far as the system allows it: Linux does for root.
 * @returns what ends it
 */
function takePriority(): () => void {
  const usual = getPriority()
  try {
    setPriority(-15)
  } catch {
    return () => {}
  }
  return () => setPriority(usual)
}

export async function runExercise(options: ExerciseOptions = {}): Promise<ExerciseReport> {
  const giveBackPriority = takePriority()
  try {
    return await run(options)
  } finally {
    giveBackPriority()
  }
}

async function run({ windowMs = 6000, windows = 2.5 }: ExerciseOptions): Promise<ExerciseReport> {
  const limits = { requests: windowMs / 20, tokens: windowMs * 5, windowMs, latencyMs: 20 }
  const waitMs = windowMs / 3
  await using provider = await startFakeProvider(limits)
  const redis = await startRedis()
  const program = await compiled(workerFile)
  const children = [0, 1, 2].map(() => fork(program, { execArgv: [] }))
  const forMs = windows * limits.windowMs

  async function call(direct: boolean): Promise<WorkerReport[]> {
    const rate = (10 * limits.requests * 1000) / limits.windowMs / children.length
    const reports = children.map((child, i) => {
      const stall = i === 1 && !direct ? { afterMs: forMs * 0.6, forMs: windowMs * 0.12 } : undefined
      const task = {
        url: provider.url,
        redisPort: redis.port,
        rate,
        forMs: direct ? windowMs / 5 : forMs,
        limits,
        transitMs,
        waitMs,
        direct,
        stall,
      }
      child.send(task satisfies WorkerTask)
      return reportOf(child)
    })
    return (await Promise.all(reports)).filter((report) => report !== undefined)
  }

  let killer: NodeJS.Timeout | undefined
  try {
    await Promise.all(children.map((child) => once(child, 'message')))
    await call(true)
    const direct = await provider.counts()
    await provider.reset()
    killer = setTimeout(() => children[2]!.kill('SIGKILL'), forMs * 0.75)
    const workers = await call(false)
    const { arrivals, limited } = await provider.counts()
    return {
      direct: { calls: direct.calls, limited: direct.limited },
      arrivals,
      limited,
      workers,
      ...figures(arrivals, workers, { ...limits, forMs, waitMs }),
    }
  } finally {
    clearTimeout(killer)
    for (const child of children) child.kill('SIGKILL')
    await redis.stop()
  }
}

/** What a worker reports; `undefined` if it is killed before. */
function reportOf(child: ChildProcess): Promise<WorkerReport | undefined> {
  return new Promise((resolve) => {
    child.once('message', (report) => resolve(report as WorkerReport))
    child.once('exit', () => resolve(undefined))
  })
}

interface Sizes {
  readonly requests: number
  readonly windowMs: number
  readonly forMs: number
  readonly waitMs: number
}

function figures(arrivals: readonly Arrival[], workers: readonly WorkerReport[], { requests, windowMs, forMs, waitMs }: Sizes) {
  const firstMs = arrivals[0]?.atMs ?? 0
  // The burst of the first window counts for the window and the transit.
  const fromMs = windowMs + transitMs
  const late = arrivals.filter(({ served, atMs }) => served && atMs - firstMs >= fromMs && atMs - firstMs < forMs)
  const latencies = workers.flatMap((worker) => worker.latencies.filter(([atMs]) => atMs >= windowMs).map(([, ms]) => ms))
  const refusedMs = workers.flatMap((worker) => worker.refusedMs)
  const onArrival = refusedMs.filter((ms) => ms < waitMs / 2)
  return {
    unexplained: unexplainedOf(arrivals, windowMs),
    used: late.length / ((requests * (forMs - fromMs)) / windowMs),
    p50Ms: quantile(0.5, latencies),
    p99Ms: quantile(0.99, latencies),
    waitedInVain: 1 - onArrival.length / refusedMs.length,
    refusalP99Ms: quantile(0.99, onArrival),
    bareP99Ms: quantile(
      0.99,
      workers.flatMap(({ bareMs }) => bareMs),
    ),
    delayed: Math.max(...workers.map(({ delayedMs }) => delayedMs)) / forMs,
    longestDelayMs: Math.max(...workers.map(({ longestDelayMs }) => longestDelayMs)),
    slowestTransitMs: arrivals.reduce((slowest, { transitMs: each }) => Math.max(slowest, each ?? 0), 0),
  }
}

function quantile(share: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** Refused calls in whose window no call took longer than `transitMs` from its booking to its arrival. */
function unexplainedOf(arrivals: readonly Arrival[], windowMs: number): number {
  const slow = arrivals.filter((arrival) => (arrival.transitMs ?? 0) > transitMs)
  const isExplained = ({ atMs }: Arrival): boolean => slow.some((each) => each.atMs <= atMs && each.atMs > atMs - windowMs)
  return arrivals.filter((arrival) => !arrival.served && !isExplained(arrival)).length
}
