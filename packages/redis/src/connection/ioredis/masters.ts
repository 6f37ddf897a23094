/** The masters of a Cluster, which are dialled before the first call: ioredis dials a node when it first has a command for it. */
import type { Cluster, Redis } from 'ioredis'

/** Whether the masters were dialled. */
export interface Masters {
  areDialled(): boolean
  onDialled(listener: () => void): void
}

/** A node that is dialled refuses other commands until that is done. */
export function mastersOf(cluster: Cluster): Masters {
  let dialled = false
  const listeners: (() => void)[] = []
  cluster.on('ready', () => {
    void Promise.allSettled(cluster.nodes('master').map(dial)).then(() => {
      dialled = true
      for (const listener of listeners) listener()
    })
  })
  cluster.on('close', () => {
    dialled = false
  })
  return { areDialled: () => dialled, onDialled: (listener) => void listeners.push(listener) }
}

function dial(node: Redis): Promise<unknown> {
  return node.status === 'wait' ? node.connect() : node.ping()
}
