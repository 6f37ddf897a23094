/**
 * Options of ioredis under which no command is ever sent twice, nothing waits in its queues, and connections come back by themselves.
 *
 * By default ioredis keeps commands whose reply it has not seen and sends them again after a reconnect; what the server had carried out
 * is then carried out twice. `test/redis/once.test.ts` cuts replies to show that it is not, on versions 5 and 6.
 */
import type { ClusterOptions, RedisOptions } from 'ioredis'

/** Milliseconds for which a server may stay silent with commands before it, or be dialled, until the connection is given up. */
export const silentMs = 1000
/** Milliseconds between attempts to connect: at first, and at most. */
const firstRetryMs = 50
const longestRetryMs = 1000

/** Overrides for a connection to one server, or to the master that Sentinels name. */
export function onceOnly(options: RedisOptions): RedisOptions {
  return {
    ...once,
    enableOfflineQueue: false,
    lazyConnect: options.lazyConnect ?? false,
    retryStrategy: backOff,
    sentinelRetryStrategy: backOff,
    sentinelCommandTimeout: silentMs,
    role: 'master',
    // A master that became a replica: the next server under its name is asked. The command itself is not sent again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectTimeout: Math.min(options.connectTimeout ?? silentMs, silentMs),
    connectionName: nameOf(options),
  }
}

/** Overrides for a cluster, which retries by itself what its connections give up, unless told otherwise. */
export function onceOnlyCluster(options: ClusterOptions): ClusterOptions {
  const { redisOptions = {} } = options
  return {
    keyPrefix: '',
    scaleReads: 'master',
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    lazyConnect: options.lazyConnect ?? false,
    clusterRetryStrategy: backOff,
    // A node that is gone is looked for by its slots, which may be somewhere else by now.
    clusterNodeRetryStrategy: null as never,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // These have not been carried out: the keys of the command are on both sides of a slot that is moving.
    retryDelayOnTryAgain: 5,
    slotsRefreshTimeout: Math.min(options.slotsRefreshTimeout ?? silentMs, silentMs),
    // Version 5 forgets the other options of the connections where some are overridden.
    redisOptions: {
      ...redisOptions,
      ...once,
      connectTimeout: Math.min(redisOptions.connectTimeout ?? silentMs, silentMs),
      connectionName: nameOf(redisOptions),
    },
  }
}

const once = {
  keyPrefix: '',
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  reconnectOnError: null,
  stringNumbers: false,
  readOnly: false,
  // The store has its own deadlines, and a watchdog of its own.
  commandTimeout: undefined as never,
  socketTimeout: undefined as never,
} satisfies RedisOptions

/** Half of the interval is drawn, so that many processes do not all come back at once. */
function backOff(attempt: number): number {
  const intervalMs = Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs)
  return Math.round(intervalMs * (0.5 + Math.random() / 2))
}

function nameOf({ connectionName }: RedisOptions): string {
  return connectionName ? `${connectionName}:sluice` : 'sluice'
}
