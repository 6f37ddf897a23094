/** What a Redis client of any library must be able to do for the store: make a connection that sends each command once. */
import type { MaybePromise } from '@sluice/core'

/**
 * Makes connections for a store, by any Redis client.
 * @example
 * redisStore({ connect: async (lost) => connectionOf(await createMyClient({ onClose: lost, retries: 0 })) })
 */
export interface RedisConnector {
  /**
   * Makes a new connection, each time that the store needs one. It rejects if there is none within a second, or later: the store then tries
   * again, at intervals from 50 ms to 1 s.
   * @param lost - to be called once when the connection is lost, with the cause. It must not connect again by itself.
   */
  connect(lost: (cause: unknown) => void): MaybePromise<RedisConnection>
  /**
   * Whether connections lead to a Redis Cluster, where each command goes to the node of its key. Such a connection is lost when no node can be
   * reached. It fails what is in flight to a node that is silent for a second, or lost, by itself.
   * @default false
   */
  readonly cluster?: boolean | undefined
  /** Begins every key of the store. @default '' */
  readonly keyPrefix?: string | undefined
}

/** One connection of a {@link RedisConnector}. */
export interface RedisConnection {
  /**
   * Sends one command, in the order of the calls, and never a second time. It fulfils with the reply as RESP 2 has it: texts, numbers, lists
   * and `null`. It rejects with an error whose message is the text that the server replied, such as `NOSCRIPT No matching script`. Whatever
   * else goes wrong calls `lost`.
   * @param key - decides the node in a Cluster; `undefined` if any will do
   */
  send(args: readonly string[], key: string | undefined): Promise<unknown>
  /** Ends the connection at once. What is in flight need not be answered. */
  close(): unknown
}
