/** The two versions of ioredis that the store works with. */
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'

/** A version under test; the part of its interface that is used here is the same in both. */
export interface Version {
  readonly version: number
  readonly Client: typeof Redis
  readonly ClusterClient: typeof Cluster
}

export const versions: readonly Version[] = [
  { version: 6, Client: Redis, ClusterClient: Cluster },
  { version: 5, Client: Redis5 as unknown as typeof Redis, ClusterClient: Cluster5 as unknown as typeof Cluster },
]

/** A client of a caller, quiet about what its server is made to suffer. */
export function quiet<Client extends Redis | Cluster>(client: Client): Client {
  client.on('error', () => {})
  return client
}
