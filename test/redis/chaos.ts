/** A Sentinel trio under traffic while things go wrong at random; and what was seen of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, type Decision, everyone, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { randomFrom } from '../seed.ts'
import { ask, proxiedSentinel } from '../servers/index.ts'
import { quiet } from './clients.ts'
import { ownTime } from './own-time.ts'

/** What came of a run. */
export interface ChaosReport {
  readonly calls: number
  /** Answers by who gave them. */
  readonly byStore: number
  readonly byProcess: number
  readonly outages: number
  /** How often each thing went wrong. */
  readonly faults: Readonly<Record<string, number>>
  /** Milliseconds that the slowest answer took, as the process lived through them. */
  readonly slowestMs: number
  readonly errors: readonly string[]
  /** Units that Redis has admitted, and those that processes have admitted by themselves. */
  readonly admittedByStore: number
  readonly admittedByProcess: number
  /** The most that one uninterrupted bucket could have admitted. */
  readonly bound: number
  /** Units beyond the bound: what outages and lost replication let through. */
  readonly excess: number
  /** What explains them: a full bucket for each time that the master lost its memory, and what processes admitted by themselves. */
  readonly explained: number
}

const capacity = 100
const perSecond = 100
const processes = 3

/** @param seed - of what goes wrong, and when */
export async function runChaos(ms: number, seed: number): Promise<ChaosReport> {
  const random = randomFrom(seed)
  await using trio = await proxiedSentinel()
  const clients = Array.from({ length: processes }, () =>
    quiet(new Redis({ sentinels: [...trio.sentinels], name: trio.sentinel.name, natMap: trio.natMap })),
  )
  const stores = clients.map((client) => redisStore(client, { processes }))
  const rule = tokenBucket({ capacity, refill: perSecond, per: '1s' })
  const limiters = stores.map((store) => createLimiter({ limits: [{ name: 'all', by: everyone, rule }], store }))
  const faults: Record<string, number> = {}
  const errors: string[] = []
  const tally = { calls: 0, byStore: 0, byProcess: 0, admittedByStore: 0, admittedByProcess: 0, outages: 0, slowestMs: 0, memoryLost: 0 }
  for (const limiter of limiters) limiter.observe((event) => event.type === 'outage' && event.state === 'began' && tally.outages++)

  function count(decision: Decision, tookMs: number): void {
    tally.calls += 1
    const by = decision.decidedBy === 'store' ? 'Store' : 'Process'
    tally[`by${by}`] += 1
    if (decision.allowed) tally[`admittedBy${by}`] += 1
    tally.slowestMs = Math.max(tally.slowestMs, tookMs)
  }

  using time = ownTime()
  const start = performance.now()
  const end = start + ms
  async function send(limiter: (typeof limiters)[number]): Promise<void> {
    while (performance.now() < end) {
      const sentMs = time.nowMs()
      try {
        count(await limiter.consume(), time.nowMs() - sentMs)
      } catch (error) {
        errors.push(String(error))
      }
      await sleep(2)
    }
  }

  const proxyOfMaster = () => trio.proxyOf(trio.sentinel.master())
  const wrongs: Readonly<Record<string, () => Promise<unknown>>> = {
    async 'the scripts are flushed'() {
      await ask(trio.sentinel.master(), 'SCRIPT', 'FLUSH')
    },
    async 'replies are cut'() {
      proxyOfMaster().cutReplies({ count: 3 })
      await sleep(100)
    },
    async 'the network is slow'() {
      proxyOfMaster().delay(150 * random())
      await sleep(300)
      await proxyOfMaster().heal()
    },
    async 'the network is gone'() {
      const proxy = proxyOfMaster()
      proxy.blackHole()
      await sleep(400)
      await proxy.heal()
    },
    async 'the master is frozen'() {
      trio.sentinel.master().pause()
      await sleep(200)
      trio.sentinel.master().resume()
    },
    async 'the buckets are flushed'() {
      tally.memoryLost += 1
      await ask(trio.sentinel.master(), 'FLUSHALL')
    },
    async 'the master is killed'() {
      tally.memoryLost += 1
      const lost = trio.sentinel.master()
      await trio.sentinel.killMaster()
      await trio.sentinel.promoted()
      await lost.restart()
    },
  }
  async function goWrong(): Promise<void> {
    const names = Object.keys(wrongs)
    while (performance.now() < end) {
      const name = names[Math.floor(random() * names.length)]!
      faults[name] = (faults[name] ?? 0) + 1
      await wrongs[name]!().catch((error: unknown) => errors.push(`${name}: ${error}`))
      await sleep(100 + 400 * random())
    }
  }

  await Promise.all([...limiters.flatMap((limiter) => [send(limiter), send(limiter)]), goWrong()])
  const seconds = (performance.now() - start) / 1000
  await Promise.all(stores.map((store) => store.close()))
  for (const client of clients) client.disconnect()

  const { memoryLost, ...seen } = tally
  const bound = Math.floor(capacity + perSecond * seconds)
  const excess = Math.max(0, seen.admittedByStore + seen.admittedByProcess - bound)
  return { ...seen, faults, errors, bound, excess, explained: memoryLost * capacity + seen.admittedByProcess }
}
