/** The Redis store: buckets that many processes share, decided by one script a call. */
import type { Duration, OutageOptions, Store } from '@sluice/core'
import { checkOptions, guardStore, optionalOf, parseDuration, SLUICE_PREFIX, warnOnce } from '@sluice/core/internal'
import { adviceOn } from './connection/advice.ts'
import { connectLike } from './connection/connection.ts'
import type { CredentialsHook } from './connection/credentials.ts'
import { checkedInOutages, checkFirst, type ReadyOptions, ready } from './connection/ready.ts'
import type { RedisClient } from './connection/redis-client.ts'
import { serverCheck } from './connection/server-check.ts'
import { supportedClient } from './connection/supported-client.ts'
import { SLUICE_ONE_SLOT, SluiceError } from './errors.ts'
import { bucketKeys } from './keys/bucket-key.ts'
import { checkColocationBy } from './keys/colocate.ts'
import { rememberedRefusals } from './refusals/remembered-refusals.ts'
import type { StoreContext } from './run-script.ts'
import { scriptStore } from './script-store.ts'
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
  /**
   * Gives user and password for each new connection of the store, where these are short-lived, as with IAM. It may return a promise, and has
   * 10 s. All stores of one client share one connection, and the last hook given counts.
   * @default what the client has in its `options` when the store connects
   * @example
   * redisStore(client, { processes: 4, credentials: async () => ({ username: 'app', password: await freshToken() }) })
   */
  readonly credentials?: CredentialsHook | undefined
  /**
   * Whether this process answers from a refusal of Redis, as long as the same bucket would still refuse, and for 250 ms at most. Units
   * that another process gives back, and a reset or an unblocking there, are noticed after that time. `false` asks Redis for every call.
   * @default true
   */
  readonly rememberRefusals?: boolean | undefined
}

/** The store that {@link redisStore} returns. */
export interface RedisStore extends Store {
  /**
   * Waits until the store can decide: it is connected, and the server has what it needs. It rejects at once if the server answers that it
   * lacks something for good, such as a permission, and else after `within`.
   * @example
   * const store = redisStore(new Redis(), { processes: 4 })
   * await store.ready()
   * @throws SluiceError `SLUICE_STORE_UNFIT`, whose message says what is missing or why there is no connection
   */
  ready(options?: ReadyOptions): Promise<void>
  /**
   * What this store has sent to Redis, and what it remembers of it.
   * @example
   * const { scripts, calls } = store.usage()
   * console.log(calls / scripts) // calls that one round trip decides, on average
   */
  usage(): RedisUsage
}

/** What a Redis store of this process does. */
export interface RedisUsage {
  /** Scripts that decided, since the store was made. Each is one round trip. */
  readonly scripts: number
  /** Calls that they decided. 1,000 calls in 100 scripts are groups of ten. */
  readonly calls: number
  /** Buckets of which a refusal is remembered now, from 0 to 5,000. */
  readonly remembered: number
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
 * @param client - of ioredis, iovalkey or node-redis, or a connector of your own. It stays the caller's, and the store's connection ends with it
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_PREFIX`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const callers = supportedClient(client)
  checkOptions(options, 'redisStore', [
    'prefix',
    'timeout',
    'onOutage',
    'processes',
    'handleLifetime',
    'colocate',
    'credentials',
    'rememberRefusals',
  ])
  const { prefix = 'sluice', handleLifetime = '10m', colocate, credentials, timeout = '100ms', onOutage, processes } = options
  const { rememberRefusals = true } = options
  optionalOf(colocate, 'colocate', 'string')
  optionalOf(credentials, 'credentials', 'function')
  optionalOf(options.rememberRefusals, 'rememberRefusals', 'boolean')
  const keys = bucketKeys(checkPrefix(callers.keyPrefix, 0), checkPrefix(prefix, 1), colocate !== undefined, callers.isCluster)
  const handleLifetimeMs = parseDuration(handleLifetime, 'handleLifetime')
  const timeoutMs = parseDuration(timeout, 'timeout')
  if (callers.isCluster && colocate === undefined) warnOnce(SLUICE_ONE_SLOT, { prefix })
  const connection = connectLike(callers, credentials)
  const refusals = rememberRefusals ? rememberedRefusals(keys) : undefined
  if (refusals !== undefined) connection.onReady(refusals.forgetAll)
  const context: StoreContext = {
    connection,
    // The check goes with the first command of the connection. So the first calls learn from it, and wait no longer.
    connected: (deadlineMs) => connection.connected(deadlineMs) ?? (connection.isCluster ? undefined : firstCheck()),
    keys,
    checkColocation: colocate === undefined ? () => {} : checkColocationBy(colocate),
    settlementIds: settlementIds(),
    refusals,
    sent: { scripts: 0, calls: 0 },
    handleLifetimeMs,
    giveBackLater(hold) {
      const nothingUsed = hold.entries.map(() => 0)
      void Promise.resolve(guarded.settle(hold, nothingUsed)).catch(() => {})
    },
    nowText: () => '',
  }
  const check = serverCheck(connection, keys.check, keys.pattern)
  const store = checkedInOutages(scriptStore(context, timeoutMs), check, timeoutMs)
  const facts = { isConnecting: connection.isConnecting, handleLifetime, hintFor: adviceOn }
  const { guarded, failed } = guardStore(store, { timeout, onOutage, processes }, facts)
  const firstCheck = checkFirst(connection, check, failed)
  guarded.watch!((event) => event.type === 'outage' && event.state === 'began' && check.demand())
  // `onOutage` decides from now on.
  guarded.watch!((event) => event.type === 'outage' && refusals?.forgetAll())
  const { decide } = guarded
  return Object.assign(guarded, {
    // Above the outages: what this process remembers is no sign that Redis answers.
    ...(refusals !== undefined && ({ decide: (call, report) => refusals.answer(call) ?? decide(call, report) } satisfies Partial<Store>)),
    ready: (options?: ReadyOptions) => ready(check, options),
    usage: () => ({ ...context.sent, remembered: refusals?.size() ?? 0 }),
  })
}

/** Braces in front would decide the slot of every key. */
function checkPrefix(prefix: unknown, min: number): string {
  if (typeof prefix !== 'string' || prefix.length < min || !/^[\x20-\x7e]{0,64}$/.test(prefix) || /[{}]/.test(prefix)) {
    throw new SluiceError(SLUICE_PREFIX, { value: prefix })
  }
  return prefix
}
