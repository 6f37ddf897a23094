/** Moving a slot from one node of a cluster to another, step by step, as an operator's tool does it under traffic. */
import { ask } from './ask.ts'
import type { Cluster, ClusterNode } from './cluster.ts'

/**
 * How far a migration has come when `during` is called.
 * - `opened`: both nodes know; no key has moved. Keys that do not exist are sent on with ASK.
 * - `half`: half of the keys (rounded down) have moved. A command with keys on both sides is answered TRYAGAIN.
 * - `moved`: all keys have moved, but the old node still owns the slot, and answers ASK for every key.
 */
export type MigrationStep = 'opened' | 'half' | 'moved'

export interface MigrationOptions {
  /** Runs between the steps, which wait for it. Keys that it creates move too. */
  readonly during?: (step: MigrationStep) => void | Promise<void>
}

/** Moves `slot` and its keys between two nodes and tells all nodes of the cluster. Afterwards the old node answers MOVED. */
export async function migrateSlot(
  cluster: Cluster,
  slot: number,
  from: ClusterNode,
  to: ClusterNode,
  { during = () => {} }: MigrationOptions = {},
): Promise<void> {
  const setSlot = (node: ClusterNode, ...state: string[]): Promise<string> => ask(node, 'CLUSTER', 'SETSLOT', slot, ...state)

  // The receiver first: otherwise it would answer MOVED to those whom the sender sends on.
  await setSlot(to, 'IMPORTING', from.id)
  await setSlot(from, 'MIGRATING', to.id)
  await during('opened')

  const keys = await keysIn(slot, from)
  await moveKeys(keys.slice(0, Math.floor(keys.length / 2)), from, to)
  await during('half')

  for (let rest = await keysIn(slot, from); rest.length > 0; rest = await keysIn(slot, from)) await moveKeys(rest, from, to)
  await during('moved')

  // Again the receiver first: until it owns the slot, no node would.
  await setSlot(to, 'NODE', to.id)
  for (const node of cluster.nodes) if (node !== to) await setSlot(node, 'NODE', to.id)
}

function keysIn(slot: number, node: ClusterNode): Promise<string[]> {
  return ask<string[]>(node, 'CLUSTER', 'GETKEYSINSLOT', slot, 1000)
}

async function moveKeys(keys: readonly string[], from: ClusterNode, to: ClusterNode): Promise<void> {
  if (keys.length > 0) await ask(from, 'MIGRATE', to.host, to.port, '', 0, 1000, 'KEYS', ...keys)
}
