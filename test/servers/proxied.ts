/** Clusters and Sentinels behind proxies: clients are sent to the proxies by a map of addresses (ioredis: `natMap`). */
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { type Sentinel, type SentinelOptions, startSentinel } from './sentinel.ts'
import type { Address } from './server-process.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

export interface Proxied extends AsyncDisposable {
  /** From the addresses that the servers tell to the proxies' own; the option `natMap` of ioredis. */
  readonly natMap: Readonly<Record<string, Address>>
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
}

/** A cluster with a proxy in front of each node. The nodes talk to each other directly. */
export async function proxiedCluster(options?: ClusterOptions): Promise<ProxiedCluster> {
  const cluster = await startCluster(options)
  const proxied = await startProxies(cluster.nodes, cluster)
  return { ...proxied, cluster, nodes: cluster.nodes.map((node) => addressOf(proxied.proxyOf(node))) }
}

/** A Sentinel trio with a proxy in front of each Sentinel and each server. Among themselves they talk directly. */
export async function proxiedSentinel(options?: SentinelOptions): Promise<ProxiedSentinel> {
  const sentinel = await startSentinel(options)
  const proxied = await startProxies([...sentinel.sentinels, ...sentinel.servers], sentinel)
  return { ...proxied, sentinel, sentinels: sentinel.sentinels.map((one) => addressOf(proxied.proxyOf(one))) }
}

async function startProxies(servers: readonly Address[], behind: { stop(): Promise<void> }): Promise<Proxied> {
  const proxies = new Map<number, TcpProxy>()
  await Promise.all(servers.map(async (server) => proxies.set(server.port, await startProxy(server))))
  const proxyOf = (server: Address): TcpProxy => proxies.get(server.port)!
  const stop = async (): Promise<void> => {
    await Promise.all([behind, ...proxies.values()].map((part) => part.stop()))
  }
  return {
    natMap: Object.fromEntries(servers.map((server) => [`${server.host}:${server.port}`, addressOf(proxyOf(server))])),
    proxyOf,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function addressOf({ host, port }: Address): Address {
  return { host, port }
}
