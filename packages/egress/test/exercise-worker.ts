/** A worker of the exercise: asks for many times its share of the provider, through egress or directly, and tells what it saw. */
import { Redis } from 'ioredis'
import { createProvider, egressRefusalOf, fetchThrough, ioredisRunner, redisMirrors } from '../src/index.ts'
import type { FakeProviderOptions } from './fake-provider.ts'

export interface WorkerTask {
  readonly url: string
  readonly redisPort: number
  /** Calls a second. */
  readonly rate: number
  readonly forMs: number
  readonly limits: FakeProviderOptions
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
}

async function work({ url, redisPort, rate, forMs, limits, direct, stall }: WorkerTask): Promise<WorkerReport> {
  const redis = new Redis(redisPort)
  const runner = ioredisRunner(redis)
  const per = limits.windowMs
  const provider = createProvider({
    name: 'fake-provider',
    limits: { requests: { capacity: limits.requests, per }, tokens: { capacity: limits.tokens, per } },
    store: redisMirrors(runner),
    transit: '300ms',
    queue: { wait: '1s' },
  })
  const send = direct ? fetch : fetchThrough(provider, { origins: [url], onRefused: 'throw', retry: { attempts: 1 } })
  const report = { calls: 0, served: 0, refused: 0, limited: 0, failed: [] as string[], latencies: [] as [number, number][] }
  const startMs = performance.now()
  const body = JSON.stringify({ max_tokens: 10, prompt: 'hello' })

  async function call(): Promise<void> {
    const bornMs = performance.now()
    report.calls += 1
    try {
      const response = await send(`${url}/v1/chat/completions`, { method: 'POST', body })
      await response.text()
      if (response.status === 429) report.limited += 1
      else report.served += 1
      if (response.ok) report.latencies.push([bornMs - startMs, performance.now() - bornMs])
    } catch (error) {
      const refusal = egressRefusalOf(error)
      if (refusal !== undefined && refusal.retryAfterMs! > 0) report.refused += 1
      else report.failed.push(String(error))
    }
  }

  if (stall !== undefined) {
    setTimeout(() => {
      const endMs = performance.now() + stall.forMs
      while (performance.now() < endMs);
    }, stall.afterMs)
  }
  const pending: Promise<void>[] = []
  while (performance.now() - startMs < forMs) {
    while (report.calls < ((performance.now() - startMs) / 1000) * rate) pending.push(call())
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(pending)
  await provider.close()
  await runner.close()
  redis.disconnect()
  return report
}

process.once('message', (task) => {
  void work(task as WorkerTask).then((report) => process.send?.(report, () => process.exit()))
})
