/** A worker of the exercise: it calls many times its share of the provider, directly and then through egress, and reports what it saw. */
import type { FakeProviderOptions } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { createProvider, egressRefusalOf, fetchThrough, ioredisRunner, redisMirrors } from '../src/index.ts'

export interface WorkerTask {
  readonly url: string
  readonly redisPort: number
  /** Calls a second. */
  readonly rate: number
  readonly forMs: number
  readonly limits: FakeProviderOptions
  readonly transitMs: number
  readonly waitMs: number
  readonly direct: boolean
  /** When this process stands still, and for how long. */
  readonly stall?: { readonly afterMs: number; readonly forMs: number } | undefined
}

export interface WorkerReport {
  readonly calls: number
  readonly served: number
  /** Refused by egress, each with a wait. */
  readonly refused: number
  /** 429s of the provider that reached this worker. */
  readonly limited: number
  readonly failed: readonly string[]
  /** When each served call began, after the start, and how long it took, in milliseconds. */
  readonly latencies: readonly (readonly [number, number])[]
  /** How long each refused call took, in milliseconds. */
  readonly refusedMs: readonly number[]
  /** How long bare round trips to Redis took beside the calls, one for each turn of the loop, in milliseconds. */
  readonly bareMs: readonly number[]
  /** Time that the machine gave to others while this worker had something to do, and the longest piece of it, in milliseconds. */
  readonly delayedMs: number
  readonly longestDelayMs: number
}

/** To compress and decompress thousands of answers takes a fifth of the CPU time. */
const plain = { 'accept-encoding': 'identity' }

/** The loop of a worker turns once in so many milliseconds; what it takes longer is a delay beyond so much. */
const turnMs = 5
const usualDelayMs = 25

async function work({ url, redisPort, rate, forMs, limits, transitMs, waitMs, direct, stall }: WorkerTask): Promise<WorkerReport> {
  const redis = new Redis(redisPort)
  const runner = ioredisRunner(redis)
  const per = limits.windowMs
  const provider = createProvider({
    name: 'fake-provider',
    limits: { requests: { capacity: limits.requests, per }, tokens: { capacity: limits.tokens, per } },
    store: redisMirrors(runner),
    transit: `${transitMs}ms`,
    queue: { wait: `${waitMs}ms` },
  })
  // Calls are sent in the order of their permits.
  const lags: number[] = []
  provider.observe((event) => event.type === 'sent' && lags.push(event.lagMs))
  const sendBooked: typeof fetch = (input, init) => {
    const bookedUs = process.hrtime.bigint() / 1000n - BigInt(Math.ceil((lags.shift() ?? 0) * 1000))
    return fetch(input, { ...init, headers: { ...plain, 'x-booked-us': String(bookedUs) } })
  }
  const send = direct ? fetch : fetchThrough(provider, { origins: [url], fetch: sendBooked, onRefused: 'throw', retry: { attempts: 1 } })
  const report = {
    calls: 0,
    served: 0,
    refused: 0,
    limited: 0,
    failed: [] as string[],
    latencies: [] as [number, number][],
    refusedMs: [] as number[],
    bareMs: [] as number[],
  }
  const delays = { delayedMs: 0, longestDelayMs: 0 }
  const startMs = performance.now()
  const body = JSON.stringify({ max_tokens: 10, prompt: 'hello' })

  async function call(): Promise<void> {
    const bornMs = performance.now()
    report.calls += 1
    try {
      const response = await send(`${url}/v1/chat/completions`, { method: 'POST', body, headers: plain })
      await response.text()
      if (response.status === 429) report.limited += 1
      else report.served += 1
      if (response.ok) report.latencies.push([bornMs - startMs, performance.now() - bornMs])
    } catch (error) {
      const refusal = egressRefusalOf(error)
      if (refusal?.code === 'SLUICE_EGRESS_LIMITED') report.limited += 1
      else if (refusal !== undefined && refusal.retryAfterMs! > 0) {
        report.refused += 1
        report.refusedMs.push(performance.now() - bornMs)
      } else report.failed.push(String(error))
    }
  }

  async function ping(): Promise<void> {
    const sentMs = performance.now()
    await redis.ping()
    report.bareMs.push(performance.now() - sentMs)
  }

  const pending: Promise<void>[] = []
  let lastMs = startMs
  let stalled = stall === undefined
  while (performance.now() - startMs < forMs) {
    while (report.calls < ((performance.now() - startMs) / 1000) * rate) pending.push(call())
    pending.push(ping())
    await new Promise((resolve) => setTimeout(resolve, turnMs))
    const delayMs = performance.now() - lastMs - turnMs
    if (delayMs > usualDelayMs) delays.delayedMs += delayMs
    delays.longestDelayMs = Math.max(delays.longestDelayMs, delayMs)
    if (!stalled && performance.now() - startMs > stall!.afterMs) {
      stalled = true
      const endMs = performance.now() + stall!.forMs
      while (performance.now() < endMs);
    }
    lastMs = performance.now()
  }
  await Promise.all(pending)
  await provider.close()
  await runner.close()
  redis.disconnect()
  return { ...report, ...delays }
}

process.on('message', (task) => {
  void work(task as WorkerTask).then((report) => process.send?.(report))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
