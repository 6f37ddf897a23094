/** The Redis store: buckets that many processes share, decided by one script a call. */
import { type Duration, type OutageOptions, type Store, surviveOutages } from '@sluice/core'
import { checkOptions, optionalOf, parseDuration, SLUICE_OPTION_TYPE, SLUICE_PREFIX, warnOnce } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import { keyPrefixOf } from './connection/client.ts'
import { connectLike } from './connection/connection.ts'
import { SLUICE_ONE_SLOT, SluiceError } from './errors.ts'
import { scriptStore } from './script-store.ts'
import { bucketKeys } from './wire/bucket-key.ts'
import { checkColocationBy } from './wire/colocate.ts'
import type { StoreContext } from './wire/run-script.ts'
import { settlementIds } from './wire/settlement-id.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends Omit<OutageOptions, 'clock'> {
  /**
   * Begins every key of the store, after what the client prefixes itself: 1 to 64 printable ASCII characters without braces.
   * @default 'sluice'
   */
  readonly prefix?: string | undefined
  /**
   * How long a reservation can be settled, from its charge or its last `renew()`. A later settlement leaves the charge as it is and is
   * reported as a fault `SLUICE_SETTLED_LATE`. Redis remembers a settlement for as long, in at most 350 bytes for 1,024 of them.
   * @default '10m'
   */
  readonly handleLifetime?: Duration | undefined
  /**
   * In a Cluster: the name of an outer limit with a key of one part, with which the keys of all limits begin. Buckets then lie in the
   * slot of that part, and the nodes share the load. Limits whose keys begin otherwise are decided slot by slot, which is a weaker promise.
   * @default all buckets lie in one slot, with a warning
   */
  readonly colocate?: string | undefined
}

/**
 * A store in Redis 7 or newer, or Valkey: one server, the master that Sentinels name, or a Cluster.
 *
 * One script decides all limits of a call in one round trip, by the clock of the server. The calls of one process are decided in the order
 * in which they were made, also in groups. The store works on a connection of its own, made like the client's. No command is ever sent twice
 * on it. One call can have at most 166 limits, or fewer of kinds that take a
 * script longer. Whatever Redis does, every call is answered within `timeout`.
 * @example
 * const store = redisStore(new Redis(), { processes: 4 })
 * const limiter = createLimiter({ store, limits: [{ name: 'user', by: (id: string) => id, rule: tokenBucket({ capacity: 10, per: '1s' }) }] })
 * @param client - of ioredis 5 or 6; it stays the caller's, and the store's connection ends with it
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_PREFIX`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`
 */
export function redisStore(client: Redis | Cluster, options: RedisStoreOptions = {}): Store {
  if (typeof client?.duplicate !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'client', wanted: 'a client of ioredis', value: client })
  checkOptions(options, 'redisStore', ['prefix', 'timeout', 'onOutage', 'processes', 'handleLifetime', 'colocate'])
  const { prefix = 'sluice', handleLifetime = '10m', colocate, timeout = '100ms', onOutage, processes } = options
  optionalOf(colocate, 'colocate', 'string')
  const keys = bucketKeys(checkPrefix(keyPrefixOf(client), 0), checkPrefix(prefix, 1), colocate !== undefined)
  const handleLifetimeMs = parseDuration(handleLifetime, 'handleLifetime')
  const timeoutMs = parseDuration(timeout, 'timeout')
  if (client.isCluster && colocate === undefined) warnOnce(SLUICE_ONE_SLOT, { prefix })
  const context: StoreContext = {
    connection: connectLike(client),
    keys,
    checkColocation: colocate === undefined ? () => {} : checkColocationBy(colocate),
    settlementIds: settlementIds(),
    handleLifetimeMs,
    giveBackLater(hold) {
      const nothingUsed = hold.entries.map(() => 0)
      void Promise.resolve(store.settle(hold, nothingUsed)).catch(() => {})
    },
    nowText: () => '',
  }
  const store = surviveOutages(scriptStore(context, timeoutMs), { timeout, onOutage, processes })
  return store
}

/** Braces in front would decide the slot of every key. */
function checkPrefix(prefix: unknown, min: number): string {
  if (typeof prefix !== 'string' || prefix.length < min || !/^[\x20-\x7e]{0,64}$/.test(prefix) || /[{}]/.test(prefix)) {
    throw new SluiceError(SLUICE_PREFIX, { value: prefix })
  }
  return prefix
}
