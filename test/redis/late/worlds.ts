/** Where the table of the outage guide is tried: on Redis behind a proxy, and on a store of the application's own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { memoryStore, type Store, surviveOutages } from '@sluice/core'
import { decorateStore } from '@sluice/core/internal'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { type RedisServer, startProxy } from '../../servers/index.ts'
import { quiet } from '../clients.ts'

/** How long calls wait. What is late comes after that, and nothing else does, on a busy machine too. */
const timeout = '300ms'
const lateMs = 700

/** A store that can be out of reach. */
export interface World extends AsyncDisposable {
  /** What the application asks. */
  readonly store: Store
  /** The same buckets, always in reach. */
  readonly truth: Store
  /** From now on no call reaches the store. */
  cut(): Promise<void>
  /** From now on calls reach the store, and their answers come late. */
  slow(): Promise<void>
  /** From now on all is well; answers that were on their way have arrived. */
  heal(): Promise<void>
}

let count = 0

export async function redisWorld(server: RedisServer): Promise<World> {
  const proxy = await startProxy(server)
  const [client, direct] = [quiet(new Redis(proxy.port)), quiet(new Redis(server.port))]
  const prefix = `late${count++}`
  const store = redisStore(client, { prefix, timeout, processes: 1 })
  const truth = redisStore(direct, { prefix, timeout: '10s', processes: 1 })
  return {
    store,
    truth,
    async cut() {
      proxy.refuse()
      proxy.resetAll()
      await sleep(50)
    },
    async slow() {
      proxy.delay(lateMs, { direction: 'replies' })
    },
    async heal() {
      await sleep(lateMs)
      await proxy.heal()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([store.close(), truth.close()])
      client.disconnect()
      direct.disconnect()
      await proxy.stop()
    },
  }
}

export async function ownWorld(): Promise<World> {
  const truth = memoryStore()
  let state: 'well' | 'cut' | 'slow' = 'well'
  const own = decorateStore(truth, { sync: false }, async (ask) => {
    if (state === 'cut') throw new Error('No way to the store')
    const answer = ask()
    if (state === 'slow') await sleep(lateMs)
    return answer
  })
  const store = surviveOutages(own, { timeout, processes: 1 })
  return {
    store,
    truth,
    async cut() {
      state = 'cut'
    },
    async slow() {
      state = 'slow'
    },
    async heal() {
      if (state === 'slow') await sleep(lateMs)
      state = 'well'
    },
    [Symbol.asyncDispose]: async () => void (await store.close()),
  }
}
