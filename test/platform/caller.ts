/**
 * One of several processes of a platform under load: `caller.ts <port> <which>`, started with a channel. It says when it is ready, calls
 * as often as it can until the moment it is sent, and answers with what each layer admitted, second by second.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, type Decision, type Limit, shareOf, tokenBucket } from '@sluice/core'
import { followPolicy } from '@sluice/policy'
import { redisPolicy, redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { randomFrom, seed } from '../seed.ts'

interface Call {
  readonly application: number
  readonly seller: number
}

/** Units admitted by layer, bucket and second, as far as it can be told: `seller 7/12 1795321800`. */
export type Tally = Record<string, number>

/** What a caller sends back. */
export interface Report {
  readonly tally: Tally
  /** Names of the layers that refused, with how often. */
  readonly refusedBy: Record<string, number>
  /** Decisions that were neither made by Redis nor remembered of it. */
  readonly astray: number
}

const perSecond = (capacity: number) => tokenBucket({ capacity, per: '1s', mode: 'interval' })
const limits: Limit<Call>[] = [
  { name: 'api', by: () => 'orders', rule: perSecond(1) },
  { name: 'application', by: ({ application }) => application, rule: perSecond(1) },
  { name: 'seller', by: ({ application, seller }) => [application, seller], rule: shareOf('application', 0.5) },
]

const client = new Redis(Number(process.argv[2]))
const store = redisStore(client, { prefix: 'platform', processes: 3, timeout: '10s' })
const limiter = createLimiter({ limits, store })
const following = await followPolicy({ limiter, limits, source: redisPolicy(client, 'policy') })

const report = { tally: {} as Tally, refusedBy: {} as Record<string, number>, astray: 0 }

// Each of the processes in an order of its own, which starts from the seed of the run.
const random = randomFrom(seed + Number(process.argv[3]))

/**
 * A few of fifty applications call much more often than the others. One of the twenty sellers of each makes most of its calls, and so is at
 * its limit before the layers above refuse. A process that remembers their refusals does not ask about a seller.
 */
function anyCall(): Call {
  return { application: Math.floor(50 * random() ** 3), seller: Math.floor(20 * random() ** 6) }
}

async function call(): Promise<void> {
  const who = anyCall()
  const sentMs = Date.now()
  const decision = await limiter.consume(who)
  if (decision.decidedBy !== 'store' && decision.decidedBy !== 'cache') report.astray += 1
  for (const name of decision.refusedBy) report.refusedBy[name] = (report.refusedBy[name] ?? 0) + 1
  if (!decision.allowed) return
  const second = secondOf(decision, sentMs, Date.now())
  if (second === undefined) return
  for (const bucket of ['api', `application ${who.application}`, `seller ${who.application}/${who.seller}`]) {
    report.tally[`${bucket} ${second}`] = (report.tally[`${bucket} ${second}`] ?? 0) + 1
  }
}

/** The second in which Redis decided: its clock said how long it was to the next one, and of a quick answer only one second fits. */
function secondOf({ limits: [api] }: Decision, sentMs: number, answeredMs: number): number | undefined {
  const intoSecondMs = 1000 - api!.replenishAfterMs
  const second = Math.floor((answeredMs + 2 - intoSecondMs) / 1000)
  return answeredMs - sentMs < 990 && second * 1000 + intoSecondMs >= sentMs - 2 ? second : undefined
}

process.once('message', (untilMs: number) => {
  const callUntil = async (): Promise<void> => {
    while (Date.now() < untilMs) {
      await call()
      await sleep(10)
    }
  }
  void Promise.all(Array.from({ length: 8 }, callUntil)).then(() => {
    following.stop()
    client.disconnect()
    process.send?.(report satisfies Report, () => process.exit())
  })
})
process.send?.('ready')
