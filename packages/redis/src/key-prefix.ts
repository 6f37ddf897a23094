/** What a client puts before every key. The connections made like it are told not to, so that scripts get keys as they are. */
import type { Cluster, Redis } from 'ioredis'

/** The prefix of a client; empty where it has none. */
export function keyPrefixOf(client: Redis | Cluster): string {
  const { keyPrefix, redisOptions } = client.options as { keyPrefix?: string; redisOptions?: { keyPrefix?: string } }
  return keyPrefix || redisOptions?.keyPrefix || ''
}
