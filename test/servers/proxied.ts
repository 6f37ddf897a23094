/** Clusters and Sentinels behind proxies. */
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { type Sentinel, type SentinelOptions, startSentinel } from './sentinel.ts'
import type { Address } from './server-process.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

export interface Proxied extends AsyncDisposable {
  /** The proxy in front of a server. */
  proxyOf(server: Address): TcpProxy
  stop(): Promise<void>
}

export interface ProxiedCluster extends Proxied {
  readonly cluster: Cluster
  /** The proxies' addresses, to start a client with. */
  readonly nodes: readonly Address[]
}

export interface ProxiedSentinel extends Proxied {
  readonly sentinel: Sentinel
  /** The addresses of the proxies in front of the Sentinels, to start a client with. */
  readonly sentinels: readonly Address[]
  /** From the addresses that Sentinels tell to the proxies' own: the option `natMap` of ioredis. */
  readonly natMap: Readonly<Record<string, Address>>
}

/**
 * A cluster with a proxy in front of each node. The nodes announce the proxies as their own addresses, so clients find them
 * without a map; with each other they talk directly. (ioredis forgets its `natMap` where it follows MOVED.)
 */
export async function proxiedCluster(options: Omit<ClusterOptions, 'front'> = {}): Promise<ProxiedCluster> {
  const proxies = createProxies()
  const cluster = await startCluster({ ...options, front: proxies.add })
  return { ...proxies.around(cluster), cluster, nodes: cluster.nodes.map((node) => addressOf(proxies.of(node))) }
}

/** A Sentinel trio with a proxy in front of each Sentinel and each server. Among themselves they talk directly. */
export async function proxiedSentinel(options?: SentinelOptions): Promise<ProxiedSentinel> {
  const proxies = createProxies()
  const sentinel = await startSentinel(options)
  const all = [...sentinel.sentinels, ...sentinel.servers]
  await Promise.all(all.map(proxies.add))
  return {
    ...proxies.around(sentinel),
    sentinel,
    sentinels: sentinel.sentinels.map((one) => addressOf(proxies.of(one))),
    natMap: Object.fromEntries(all.map((one) => [`${one.host}:${one.port}`, addressOf(proxies.of(one))])),
  }
}

interface Proxies {
  readonly add: (server: Address) => Promise<TcpProxy>
  readonly of: (server: Address) => TcpProxy
  /** What a group behind these proxies has on top of itself. */
  readonly around: (group: { stop(): Promise<void> }) => Proxied
}

function createProxies(): Proxies {
  const byPort = new Map<number, TcpProxy>()
  const of = (server: Address): TcpProxy => byPort.get(server.port)!
  return {
    async add(server) {
      const proxy = await startProxy(server)
      byPort.set(server.port, proxy)
      return proxy
    },
    of,
    around(group) {
      const stop = async (): Promise<void> => {
        await Promise.all([group, ...byPort.values()].map((part) => part.stop()))
      }
      return { proxyOf: of, stop, [Symbol.asyncDispose]: stop }
    },
  }
}

function addressOf({ host, port }: Address): Address {
  return { host, port }
}
