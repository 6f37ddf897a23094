/** A limiter on a Redis store, and the one bucket that it counts in. */
import { createLimiter, type Decision, everyone, type Limiter, type MaybePromise, type Store, tokenBucket } from '@sluice/core'
import { type RedisClient, type RedisStoreOptions, redisStore } from '@sluice/redis'
import { endClient } from './clients.ts'

/** Units that nothing brings back while a test runs. */
const capacity = 1000

export interface Scene extends AsyncDisposable {
  readonly store: Store
  readonly limiter: Limiter
  /** Decides until Redis does; what waits for a connection is decided here. */
  ready(): Promise<void>
  /** Units that Redis has charged. */
  charged(): Promise<number>
}

/** @param client - ended with the scene */
export function sceneOn(client: RedisClient, options: RedisStoreOptions = {}): Scene {
  const store = redisStore(client, { processes: 1, ...options })
  const limiter = createLimiter({ limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity, per: '366d' }) }], store })
  const look = (): MaybePromise<Decision> => limiter.peek(undefined, { cost: 0 })
  /** The first look that Redis answers. On a busy machine the next one may be answered locally again. */
  const seenByRedis = async (): Promise<Decision> => {
    for (const end = performance.now() + 15_000; ; ) {
      const decision = await look()
      if (decision.decidedBy === 'store') return decision
      if (performance.now() > end) throw new Error('Redis does not decide')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    store,
    limiter,
    async ready() {
      await seenByRedis()
    },
    async charged() {
      const [status] = (await seenByRedis()).limits
      return capacity - status!.remaining
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await endClient(client)
    },
  }
}
