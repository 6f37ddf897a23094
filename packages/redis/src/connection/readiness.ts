/** Waiting until a connection can take commands, no longer than the caller waits: what waits here has not been sent. */
import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './client.ts'

/** Whether a connection is there, and waiting for it. */
export interface Readiness {
  isReady(): boolean
  /** @param deadlineMs - by `performance.now()` */
  until(deadlineMs: number): Promise<void>
}

/** The readiness of a connection, which is dialled when somebody waits for it. */
export function readinessOf(client: Redis | Cluster): Readiness {
  const waiting = new Set<() => void>()
  let dialled = !client.isCluster

  function tellAll(): void {
    for (const go of waiting) go()
    waiting.clear()
  }

  client.on('ready', () => {
    if (!isCluster(client)) return tellAll()
    // A cluster dials a node when it first has a command for it, and refuses others until that is done.
    void Promise.allSettled(client.nodes('master').map(dial)).then(() => {
      dialled = true
      tellAll()
    })
  })
  client.on('close', () => {
    dialled = !client.isCluster
  })

  return {
    isReady: () => dialled && client.status === 'ready',
    until(deadlineMs) {
      if (client.status === 'wait' || client.status === 'end') client.connect().catch(ignore)
      return new Promise((resolve, reject) => {
        const go = (): void => {
          clearTimeout(timer)
          resolve()
        }
        const giveUp = (): void => {
          waiting.delete(go)
          reject(new NotConnected(`Redis is not connected (${client.status})`))
        }
        const timer = setTimeout(giveUp, Math.max(0, deadlineMs - performance.now()))
        waiting.add(go)
      })
    },
  }
}

/** What waited here in vain was never sent. */
export class NotConnected extends Error {}

function dial(node: Redis): Promise<unknown> {
  return node.status === 'wait' ? node.connect() : node.ping()
}

function ignore(): void {}
