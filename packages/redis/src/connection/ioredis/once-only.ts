/**
 * Options of ioredis under which no command is ever sent twice, nothing waits in its queues, and nothing is dialled again by ioredis itself.
 *
 * By default ioredis keeps commands whose reply it has not seen and sends them again after a reconnect; what the server had carried out
 * is then carried out twice. `test/redis/once.test.ts` cuts replies to show that it is not, on versions 5 and 6.
 */
import type { ClusterOptions, RedisOptions } from 'ioredis'

/** Milliseconds for which a server may stay silent with commands before it, or be dialled, until the connection is given up. */
export const silentMs = 1000

/** Overrides for a connection to one server, or to the master that Sentinels name. */
export function onceOnly(options: RedisOptions): RedisOptions {
  return {
    ...once,
    enableOfflineQueue: false,
    sentinelRetryStrategy: never,
    sentinelCommandTimeout: silentMs,
    role: 'master',
    // A master that became a replica: the next server under its name is asked. Credentials that a server asks for since: the client may have
    // them by now. The command itself is not sent again.
    reconnectOnError: (error) => /^(?:READONLY|NOAUTH)/.test(error.message),
    connectTimeout: Math.min(options.connectTimeout ?? silentMs, silentMs),
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
    // `CLUSTER INFO`, which a user may not be allowed to ask. A cluster that is down says so in every answer.
    enableReadyCheck: false,
    lazyConnect: true,
    clusterRetryStrategy: never,
    // The timer would keep the process alive. Slots that have moved are looked for when a node says so.
    slotsRefreshInterval: undefined as never,
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
    },
  }
}

const once = {
  // Nothing is asked before the first call but for the password. `INFO` may be forbidden, and costs a round trip.
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: undefined as never,
  protocol: 2,
  replyMapping: 'legacy',
  monitor: false,
  // The connection is dialled again by `own-client.ts`, which follows the client's credentials and never keeps the process alive.
  lazyConnect: true,
  retryStrategy: never,
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

function never(): null {
  return null
}
