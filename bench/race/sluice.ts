/** Sluice in a race: one process with a mirror in memory, or three processes that share one in Redis. */
import { createProvider, type MirrorStore, type Permit, type Provider, redisMirrors } from '@sluice/egress'
import { seeded } from '../decide/keys.ts'
import type { Quota } from './provider.ts'
import type { Contender, RacedCall, Send } from './race.ts'
import { callLikeSdks } from './sdk.ts'
import { type RedisConnections, virtualRunner } from './virtual-redis.ts'
import type { VirtualTime } from './virtual-time.ts'

/** One process with its mirror in memory. */
export function sluiceAlone(quota: Quota, time: VirtualTime): Contender {
  return contenderOf([providerOf(quota, time, undefined)])
}

/** Three processes and a Redis, which are one program here, so that they share the virtual time. Calls come to any of them. */
export function sluiceOverRedis(quota: Quota, time: VirtualTime, redis: RedisConnections, processes = 3): Contender {
  const runner = virtualRunner(time, redis)
  const store = redisMirrors(runner)
  const providers = Array.from({ length: processes }, () => providerOf(quota, time, store))
  const contender = contenderOf(providers)
  return {
    ...contender,
    get questions() {
      return runner.questions
    },
  }
}

function providerOf({ requests, tokens }: Quota, time: VirtualTime, store: MirrorStore | undefined): Provider {
  return createProvider({
    name: 'race',
    limits: { requests: { capacity: requests, per: '1m' }, tokens: { capacity: tokens, per: '1m' } },
    clock: { nowMs: time.nowMs },
    store,
    queue: { wait: '10m', depth: 20_000 },
  })
}

function contenderOf(providers: readonly Provider[]): Contender {
  const random = seeded(providers.length)
  return {
    run: (call, send) => callThrough(providers[Math.floor(random() * providers.length)]!, call, send),
    async close() {
      for (const provider of providers) await provider.close()
    },
  }
}

/** Each attempt has a permit, as with `fetchThrough`. */
function callThrough(provider: Provider, { estimate, actual }: RacedCall, send: Send): Promise<boolean> {
  let permit: Permit | undefined
  return callLikeSdks(async () => {
    permit = await provider.acquire({ cost: { tokens: estimate }, again: permit !== undefined })
    const attempt = await send()
    if (attempt.status === 429) permit.observe({ 'retry-after': String(attempt.retryAfter) }, 429)
    permit.settle({ tokens: attempt.status === 429 ? 0 : actual })
    return attempt
  })
}
