/** What a Sentinel believes about its master, as it tells when asked. */
import { ask } from './ask.ts'
import type { Address } from './server-process.ts'

export interface SentinelView {
  readonly masterPort: number
  /** Whether it has doubts about the master, or is in the middle of replacing it. */
  readonly calm: boolean
  /** How many other Sentinels it knows. */
  readonly fellows: number
  /** How many replicas it could promote. */
  readonly fitReplicas: number
}

export async function viewOf(sentinel: Address, name: string): Promise<SentinelView> {
  const [master, replicas] = await Promise.all([
    ask<string[]>(sentinel, 'SENTINEL', 'MASTER', name).then(factsOf),
    ask<string[][]>(sentinel, 'SENTINEL', 'REPLICAS', name),
  ])
  return {
    masterPort: Number(master.get('port')),
    calm: master.get('flags') === 'master',
    fellows: Number(master.get('num-other-sentinels')),
    fitReplicas: replicas.map(factsOf).filter(isFit).length,
  }
}

/** Whom it sends clients to; in the middle of a failover that is already the replica which was promoted. */
export async function masterPortFrom(sentinel: Address, name: string): Promise<number> {
  const [, port] = await ask<[string, string]>(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)
  return Number(port)
}

function isFit(replica: Map<string, string>): boolean {
  return replica.get('flags') === 'slave' && replica.get('role-reported') === 'slave' && replica.get('master-link-status') === 'ok'
}

function factsOf(flat: readonly string[]): Map<string, string> {
  const facts = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) facts.set(flat[i]!, flat[i + 1]!)
  return facts
}
