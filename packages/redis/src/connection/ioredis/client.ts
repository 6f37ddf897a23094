/** What the store must know of the caller's client. */
import type { Cluster, Redis } from 'ioredis'

/** Whether a client is one of a Cluster. */
export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}

/** What a client puts before every key; empty if nothing. The store's own connection does not, so that scripts get keys as they are. */
export function keyPrefixOf(client: Redis | Cluster): string {
  const { keyPrefix, redisOptions } = client.options as { keyPrefix?: string; redisOptions?: { keyPrefix?: string } }
  return keyPrefix || redisOptions?.keyPrefix || ''
}
