/** The promise of an adaptive limit, in virtual time: a server of known capacity at five times what it can do. */
import { describe, expect, test } from 'vitest'
import { type AdaptiveCapacity, type AdaptiveOptions, adaptiveCapacity } from './adaptive-capacity.ts'

/** Workers that take calls in order of arrival. */
interface Server {
  readonly workers: number
  /** Milliseconds that a worker is busy with one call, 20 on average. */
  readonly serviceMs: (random: () => number) => number
}

const meanMs = 20

const servers: Readonly<Record<string, Server>> = {
  '8 workers that are always as quick': { workers: 8, serviceMs: () => meanMs },
  '8 workers of scattered speed': { workers: 8, serviceMs: (random) => 15 + random() * 10 },
  '8 workers with a long tail': { workers: 8, serviceMs: (random) => -Math.log(1 - random()) * meanMs },
  '8 workers with one slow call in ten': { workers: 8, serviceMs: (random) => (random() < 0.1 ? 80 : 40 / 3) },
  '64 workers of scattered speed': { workers: 64, serviceMs: (random) => 15 + random() * 10 },
}

/** Numbers from 0 to 1 in an order that is always the same (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Served {
  /** Milliseconds under which 99 of 100 admitted calls ended. */
  readonly p99Ms: number
  /** Calls done, as a part of what the workers can do at most. */
  readonly goodput: number
}

interface RunningCall {
  readonly atMs: number
  readonly endMs: number
  readonly inFlight: number
}

/** Calls arrive by chance, `load` times as many as the server can do. What ends in the first second of them is not counted. */
function serve(server: Server, load: number, seconds: number, limit: AdaptiveCapacity | null): Served {
  const random = randomFrom(server.workers * seconds)
  const perMs = server.workers / meanMs
  const freeAt = new Array<number>(server.workers).fill(0)
  const running: RunningCall[] = []
  const latencies: number[] = []
  for (let now = 0; now < seconds * 1000; now += -Math.log(1 - random()) / (perMs * load)) {
    while (running.length > 0 && running[0]!.endMs <= now) {
      const { atMs, endMs, inFlight } = running.shift()!
      limit?.learn({ latencyMs: endMs - atMs, inFlight, outcome: 'answered', atMs: endMs })
      if (endMs > 1000) latencies.push(endMs - atMs)
    }
    if (limit !== null && running.length >= limit.capacity()) continue
    const worker = freeAt.indexOf(Math.min(...freeAt))
    const endMs = Math.max(now, freeAt[worker]!) + server.serviceMs(random)
    freeAt[worker] = endMs
    // In order of their ends, which is nearly the order of their beginnings.
    const place = running.findLastIndex((other) => other.endMs <= endMs) + 1
    running.splice(place, 0, { atMs: now, endMs, inFlight: running.length + 1 })
  }
  latencies.sort((a, b) => a - b)
  return { p99Ms: latencies[Math.floor(latencies.length * 0.99)]!, goodput: latencies.length / (perMs * (seconds - 1) * 1000) }
}

describe.each(Object.entries(servers))('%s, at five times their capacity', (_name, server) => {
  const quietP99Ms = serve(server, 0.2, 20, null).p99Ms
  const algorithms: readonly AdaptiveOptions[] = [{ latency: `${Math.round(quietP99Ms * 1.5)}ms` }, { algorithm: 'gradient2' }]

  test.each(algorithms)('admit what they can do, and it is quick: %o', (options) => {
    const limit = adaptiveCapacity(options)
    serve(server, 0.2, 10, limit)
    const { p99Ms, goodput } = serve(server, 5, 20, limit)
    expect(p99Ms / quietP99Ms).toBeLessThanOrEqual(2)
    expect(goodput).toBeGreaterThanOrEqual(0.85)
  })

  test('let everybody wait without a limit', () => {
    const { p99Ms } = serve(server, 5, 5, null)
    expect(p99Ms / quietP99Ms).toBeGreaterThan(20)
  })
})
