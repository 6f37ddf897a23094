/** Telling a client of a Cluster from one of a server. */
import type { Cluster, Redis } from 'ioredis'

export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}
