/**
 * A connection to a Cluster: one to each of its masters. Each command goes to the node that has its key, and to another one only where a node
 * says so instead of carrying it out.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { slotCount } from '../../keys/cluster-slot.ts'
import type { RawClientOptions } from '../raw/raw-client.ts'
import { NotSent, ReplyError } from '../raw/tended-connection.ts'
import { type ClusterNode, clusterNode } from './cluster-node.ts'
import { redirection, slotOfKey, slotRanges } from './cluster-slots.ts'
import { connectOnce } from './connect-once.ts'
import type { NodeAddress, NodeAddressMap, NodeRedis } from './node-redis.ts'

/** How often one command is sent on. */
const mostHops = 16
/** Milliseconds before a command is sent again whose keys are on both sides of a slot that is moving. It has not been carried out. */
const betweenTriesMs = 5
/** Milliseconds before the slots are asked for again. */
const refreshMs = 50

/** A client to make connections like, and addresses of nodes. */
export interface ClusterSeeds {
  readonly like: NodeRedis
  readonly addresses: readonly NodeAddress[]
}

/** @param name - of the connections, in the lists of the servers */
export function clusterConnection(
  seeds: () => Promise<ClusterSeeds>,
  map: NodeAddressMap | undefined,
  name: string,
): RawClientOptions['connect'] {
  let known: readonly NodeAddress[] = []

  return async (lost, credentials) => {
    const { like, addresses } = await seeds()
    const nodes = new Map<string, ClusterNode>()
    const owners = new Array<ClusterNode | undefined>(slotCount)
    let isOpen = true
    let refreshing = false

    function nodeAt(address: NodeAddress): ClusterNode {
      const id = `${address.host}:${address.port}`
      const node = nodes.get(id) ?? clusterNode(address, (nodeLost) => connectOnce(like, nodeLost, credentials, address), name, refreshSoon)
      nodes.set(id, node)
      return node
    }

    function close(): void {
      isOpen = false
      for (const node of nodes.values()) node.close()
    }

    /** Asks one node after the other, first those that are there, which node has which slot. */
    async function refresh(): Promise<void> {
      let failure: unknown = new Error('no node of the Cluster is known')
      for (const node of [...nodes.values()].sort((a, b) => Number(b.isThere()) - Number(a.isThere()))) {
        try {
          await node.reach()
          const ranges = slotRanges(await node.send(['CLUSTER', 'SLOTS'], undefined), node.address.host, map)
          owners.fill(undefined)
          for (const { first, last, address } of ranges) owners.fill(nodeAt(address), first, last + 1)
          known = ranges.map(({ address }) => address)
          return
        } catch (error) {
          failure = error
        }
      }
      throw failure
    }

    function refreshSoon(): void {
      if (refreshing || !isOpen) return
      refreshing = true
      setTimeout(() => {
        refresh()
          .catch((cause: unknown) => {
            if (!isOpen) return
            close()
            lost(cause)
          })
          .finally(() => {
            refreshing = false
          })
      }, refreshMs).unref()
    }

    function send(args: readonly string[], key: string | undefined, hops = 0): Promise<unknown> {
      const node = key === undefined ? [...nodes.values()].find((one) => one.isThere()) : owners[slotOfKey(key)]
      if (node !== undefined) return node.send(args, key).catch((error: unknown) => sendOn(error, node, args, key, hops))
      refreshSoon()
      return Promise.reject(new NotSent('no node of the Cluster has the slot'))
    }

    /** Sends a command on that a node has not carried out. @throws the error itself if it says anything else */
    async function sendOn(
      error: unknown,
      from: ClusterNode,
      args: readonly string[],
      key: string | undefined,
      hops: number,
    ): Promise<unknown> {
      if (!(error instanceof ReplyError) || key === undefined || hops === mostHops) throw error
      if (error.message.startsWith('TRYAGAIN')) {
        await sleep(betweenTriesMs, undefined, { ref: false })
        return send(args, key, hops + 1)
      }
      const address = redirection(error.message, from.address.host, map)
      if (address === undefined) throw error
      const node = nodeAt(address)
      await node.reach().catch((cause: unknown) => {
        throw new NotSent('There is no connection to the node', { cause })
      })
      if (error.message.startsWith('ASK')) node.send(['ASKING'], undefined).catch(() => {})
      else {
        owners[slotOfKey(key)] = node
        refreshSoon()
      }
      return node.send(args, key).catch((next: unknown) => sendOn(next, node, args, key, hops + 1))
    }

    for (const address of [...addresses, ...known]) nodeAt(address)
    refreshing = true
    try {
      await refresh()
    } catch (error) {
      close()
      throw error
    }
    // Each is dialled before the first call. One that is away is missed by its own keys alone.
    await Promise.allSettled([...new Set(owners)].map(async (node) => node?.reach()))
    refreshing = false
    return { send, close }
  }
}
