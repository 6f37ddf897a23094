/** Redis stores whose time is in the hands of a test. */
import type { Micros, Store } from '@sluice/core'
import { decorateStore } from '@sluice/core/internal'
import { connectLike } from '../src/connection/connection.ts'
import type { RedisClient } from '../src/connection/redis-client.ts'
import { supportedClient } from '../src/connection/supported-client.ts'
import { bucketKeys } from '../src/keys/bucket-key.ts'
import { rememberedRefusals } from '../src/refusals/remembered-refusals.ts'
import { scriptStore } from '../src/script-store.ts'
import { settlementIds } from '../src/wire/settlement-id.ts'

/** A store with a prefix of its own, and its clock. */
export interface TimedRedisStore {
  readonly store: Store
  setNowUs(now: Micros): void
}

/** Stores over one connection: tests that only need an empty store need no connection of their own. */
export interface TimedRedisStores {
  empty(): TimedRedisStore
  /** A store that remembers refusals, and whose process has the clock of the server. */
  remembering(): TimedRedisStore
  close(): Promise<void>
}

/** Long enough for a busy machine: what is tested is the answer, not its time. */
const longPatienceMs = 10_000
const handleLifetimeMs = 600_000

export function timedStores(client: RedisClient, patienceMs: number = longPatienceMs): TimedRedisStores {
  const callers = supportedClient(client)
  const connection = connectLike(callers)
  let count = 0

  function make(remembers: boolean): TimedRedisStore {
    let nowUs: Micros = 0
    count += 1
    const keys = bucketKeys('', `t${count}`, false, callers.isCluster)
    const refusals = remembers ? rememberedRefusals(keys, () => nowUs) : undefined
    const context = {
      connection,
      connected: connection.connected,
      keys,
      checkColocation: () => {},
      settlementIds: settlementIds(),
      sent: { scripts: 0, calls: 0 },
      refusals,
      handleLifetimeMs,
      giveBackLater: () => {},
      nowText: () => String(nowUs),
    }
    const store = scriptStore(context, patienceMs)
    return {
      store: decorateStore(store, { decide: (call) => refusals?.answer(call) ?? store.decide(call) }),
      setNowUs(now) {
        nowUs = now
      },
    }
  }

  return {
    empty: () => make(false),
    remembering: () => make(true),
    close: () => connection.close(),
  }
}
