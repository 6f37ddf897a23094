/** A Redis Cluster: a few masters that share the 16,384 slots, without replicas. */
import { ask } from './ask.ts'
import { freePorts } from './free-port.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import type { Address } from './server-process.ts'
import { until } from './until.ts'

export interface ClusterNode extends RedisServer {
  /** The name by which the nodes of a cluster know each other. */
  readonly id: string
}

export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly ClusterNode[]
  slotOf(key: string): Promise<number>
  /** The node that serves a slot, as the nodes themselves say. */
  ownerOf(slot: number): Promise<ClusterNode>
  stop(): Promise<void>
}

export interface ClusterOptions {
  /** @default 3, the fewest that can form a majority after one is lost */
  readonly masters?: number
  /** Silence after which a node is taken for dead. @default 1000 */
  readonly nodeTimeoutMs?: number
  /** Puts something in front of a node that is going to start at `node`; clients are told its address instead. @default nothing */
  readonly front?: (node: Address) => Promise<Address>
}

const slotCount = 16_384

/** First slot, last slot, and host, port and id of their owner, as CLUSTER SLOTS lists them. */
type SlotRange = [number, number, [string, number, string]]

/**
 * Starts the nodes, deals out the slots evenly and waits until every node takes commands.
 * That is 2 s at least: for so long a Redis that starts as a master in a cluster refuses to serve.
 */
export async function startCluster({ masters = 3, nodeTimeoutMs = 1000, front }: ClusterOptions = {}): Promise<Cluster> {
  const nodes = await Promise.all(Array.from({ length: masters }, () => startNode(nodeTimeoutMs, front)))
  await Promise.all(nodes.map((node, i) => ask(node, 'CLUSTER', 'ADDSLOTSRANGE', ...sliceOf(i, masters))))
  // Two nodes in the same epoch would quarrel about slots; given one each, they need not sort that out first.
  await Promise.all(nodes.map((node, i) => ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', i + 1)))
  const [first, ...others] = nodes
  for (const { host, port, busPort } of others) await ask(first!, 'CLUSTER', 'MEET', host, port, busPort)
  await Promise.all(nodes.map((node) => until(() => isWhole(node, masters), { what: `a cluster of ${masters} nodes` })))

  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  return {
    nodes,
    slotOf: (key) => Promise.any(nodes.map((node) => ask<number>(node, 'CLUSTER', 'KEYSLOT', key))),
    async ownerOf(slot) {
      const ranges = await Promise.any(nodes.map((node) => ask<SlotRange[]>(node, 'CLUSTER', 'SLOTS')))
      const range = ranges.find(([from, to]) => from <= slot && slot <= to)
      return nodes.find((node) => node.id === range?.[2][2])!
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function startNode(
  nodeTimeoutMs: number,
  front: (node: Address) => Promise<Address> = async (node) => node,
): Promise<ClusterNode & { readonly busPort: number }> {
  const [port, busPort] = (await freePorts(2)) as [number, number]
  const announced = await front({ host: '127.0.0.1', port })
  const options = {
    '--cluster-enabled': 'yes',
    '--cluster-node-timeout': nodeTimeoutMs,
    '--cluster-port': busPort,
    '--cluster-announce-ip': announced.host,
    '--cluster-announce-port': announced.port,
    '--cluster-announce-bus-port': busPort,
  }
  const server = await startRedis({ port, args: Object.entries(options).flat().map(String) })
  return Object.assign(server, { id: await ask(server, 'CLUSTER', 'MYID'), busPort })
}

/** First and last slot of the `i`-th of `n` equal shares. */
function sliceOf(i: number, n: number): [number, number] {
  return [Math.floor((slotCount * i) / n), Math.floor((slotCount * (i + 1)) / n) - 1]
}

async function isWhole(node: ClusterNode, masters: number): Promise<boolean> {
  const info = await ask(node, 'CLUSTER', 'INFO')
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${masters}\r\n`)
}
