/** The clients of node-redis 5 and 6: of one server, of the master that Sentinels name, and of a Cluster. */
import type { CallersClient } from '../own-client.ts'
import { type RawClientOptions, rawClient } from '../raw/raw-client.ts'
import { type ClusterSeeds, clusterConnection } from './cluster-connection.ts'
import { connectOnce } from './connect-once.ts'
import { type NodeRedis, type NodeRedisCluster, type NodeRedisOptions, type NodeRedisSentinel, prefixText } from './node-redis.ts'

export function nodeRedisClient(client: NodeRedis): CallersClient {
  return callersClient(client, prefixText(client.options?.keyPrefix), {
    isCluster: false,
    options: () => client.options,
    connect: (lost, credentials) => connectOnce(client, lost, credentials),
  })
}

/** Each connection leads to the master that the caller's client has found by then. */
export function nodeRedisSentinel(sentinel: NodeRedisSentinel): CallersClient {
  let master: NodeRedis | undefined
  return callersClient(sentinel, prefixText(sentinel._keyPrefix), {
    isCluster: false,
    options: () => master?.options,
    async connect(lost, credentials) {
      if (!sentinel.isOpen) throw notOpen()
      master = await sentinel._execute(false, async (found) => found)
      return connectOnce(master, lost, credentials)
    },
  })
}

/** The connections to the nodes are made like those of the caller's client. */
export function nodeRedisCluster(cluster: NodeRedisCluster): CallersClient {
  const { defaults, nodeAddressMap, keyPrefix } = cluster._options ?? {}
  const nodes = clusterConnection(seedsOf(cluster), nodeAddressMap, connectionName(defaults))
  return callersClient(cluster, prefixText(keyPrefix), { isCluster: true, options: () => defaults, connect: nodes })
}

/** The client of any node need not be connected any more. */
function seedsOf(cluster: NodeRedisCluster): () => Promise<ClusterSeeds> {
  let like: NodeRedis | undefined
  return async () => {
    const [master] = cluster.masters
    if (cluster.isOpen && master !== undefined) like = await cluster.nodeClient(master)
    if (like === undefined) throw notOpen()
    const { host, port } = like.options?.socket ?? {}
    return { like, addresses: host === undefined || port === undefined ? [] : [{ host, port }] }
  }
}

function notOpen(): Error {
  return new Error('the client of node-redis is not connected: await its connect()')
}

interface Kind extends Pick<RawClientOptions, 'connect' | 'isCluster'> {
  options(): NodeRedisOptions | undefined
}

function callersClient(client: NodeRedis | NodeRedisCluster | NodeRedisSentinel, keyPrefix: string, kind: Kind): CallersClient {
  return {
    identity: client,
    isCluster: kind.isCluster,
    keyPrefix,
    isIdle: () => !client.isOpen,
    makeOwn() {
      let ended = false
      return rawClient({
        connect: kind.connect,
        isCluster: kind.isCluster,
        hasTls: () => Boolean(kind.options()?.socket?.tls),
        name: connectionName(kind.options()),
        // After the caller's client has ended, only calls dial.
        mayRedial: () => !ended || client.isOpen,
        onCallersEnd(listener) {
          const end = (): void => {
            ended = true
            listener()
          }
          // A cluster has the other name for it.
          for (const event of ['end', 'disconnect']) client.on(event, end)
          return () => {
            for (const event of ['end', 'disconnect']) client.off(event, end)
          }
        },
      })
    },
  }
}

function connectionName(options: NodeRedisOptions | undefined): string {
  return options?.name ? `${options.name}:sluice` : 'sluice'
}
