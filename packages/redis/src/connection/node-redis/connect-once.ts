/** A connection of node-redis on which no command waits or is sent twice, and which node-redis never dials again by itself. */
import type { RedisCredentials } from '../credentials.ts'
import type { RedisConnection } from '../raw/redis-connector.ts'
import { silentMs } from '../raw/tended-connection.ts'
import type { NodeAddress, NodeRedis } from './node-redis.ts'

/**
 * @param client - the one that it is made like
 * @param address - of another server
 */
export async function connectOnce(
  client: NodeRedis,
  lost: (cause: unknown) => void,
  credentials?: RedisCredentials,
  address?: NodeAddress,
): Promise<RedisConnection> {
  const own = client.duplicate(onceOnly(client, credentials, address))
  const fail = (cause: unknown): void => lost(explained(cause))
  own.on('error', fail)
  own.on('end', () => fail(new Error('Redis closed the connection')))
  own.unref()
  try {
    await own.connect()
  } catch (error) {
    own.destroy()
    throw explained(error)
  }
  return {
    send: (args) => own.sendCommand(args),
    close: () => own.destroy(),
  }
}

function onceOnly({ options = {} }: NodeRedis, credentials?: RedisCredentials, address?: NodeAddress): object {
  const { connectTimeout = silentMs } = options.socket ?? {}
  return {
    // All that it says is in the other options by now, and it would be taken over once more.
    url: undefined,
    socket: {
      ...options.socket,
      ...address,
      reconnectStrategy: false,
      connectTimeout: Math.min(connectTimeout, silentMs),
      socketTimeout: undefined,
    },
    ...(credentials === undefined ? {} : { ...credentials, credentialsProvider: providing(credentials) }),
    disableOfflineQueue: true,
    // The store has its own deadlines, and a watchdog of its own.
    commandOptions: { timeout: undefined },
    commandsQueueMaxLength: undefined,
    pingInterval: undefined,
    RESP: 2,
    keyPrefix: undefined,
    readonly: false,
    // Nothing is asked before the first call but for the password.
    name: undefined,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    clientSideCache: undefined,
    emitInvalidate: false,
  }
}

function providing(credentials: RedisCredentials): object {
  return { type: 'async-credentials-provider', credentials: async () => credentials }
}

/** What node-redis says of two failures is in the words that our advice knows. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error.message === 'Connection timeout') return new Error('connect ETIMEDOUT', { cause: error })
  if (error.message === 'Socket closed unexpectedly') return new Error('Redis closed the connection', { cause: error })
  return error
}
