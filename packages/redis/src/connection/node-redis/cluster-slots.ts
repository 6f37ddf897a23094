/** Which node of a Cluster has which slot, as a node tells it. */
import { slotOfTag } from '../../keys/cluster-slot.ts'
import type { NodeAddress, NodeAddressMap } from './node-redis.ts'

/** The slots from one to another, and the master that has them. */
export interface SlotRange {
  readonly first: number
  readonly last: number
  readonly address: NodeAddress
}

/**
 * The reply to `CLUSTER SLOTS`.
 * @param host - of the node that replied: a node that does not know its own host says so by an empty one
 */
export function slotRanges(reply: unknown, host: string, map: NodeAddressMap | undefined): readonly SlotRange[] {
  if (!Array.isArray(reply)) throw new Error('The reply to CLUSTER SLOTS is no list')
  return (reply as readonly [number, number, [string | null, number]][]).map(([first, last, [named, port]]) => ({
    first,
    last,
    address: mapped({ host: named || host, port }, map),
  }))
}

/** Where a node has sent a command: `MOVED 866 127.0.0.1:7001`, and the same of `ASK`. An empty host is that of the node that replied. */
export function redirection(message: string, host: string, map: NodeAddressMap | undefined): NodeAddress | undefined {
  const [, named, port] = /^(?:MOVED|ASK) \d+ (.*):(\d+)$/.exec(message) ?? []
  return port === undefined ? undefined : mapped({ host: named || host, port: Number(port) }, map)
}

function mapped(address: NodeAddress, map: NodeAddressMap | undefined): NodeAddress {
  const name = `${address.host}:${address.port}`
  return (typeof map === 'function' ? map(name) : map?.[name]) ?? address
}

/** The slot of a key: that of what stands between its first braces, if there is anything. */
export function slotOfKey(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return slotOfTag(close > open + 1 ? key.slice(open + 1, close) : key)
}
