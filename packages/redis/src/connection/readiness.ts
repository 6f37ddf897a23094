/** Waiting until a connection can take commands, no longer than the caller waits: what waits here has not been sent. */
import { reasonOf } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './client.ts'
import type { OwnClient } from './own-client.ts'

/** Whether a connection is there, and waiting for it. */
export interface Readiness {
  isReady(): boolean
  /** @param deadlineMs - by `performance.now()` */
  until(deadlineMs: number): Promise<void>
}

/** The readiness of a connection, which is dialled when a call waits for it. */
export function readinessOf(own: OwnClient): Readiness {
  const { client } = own
  const waiting = new Set<() => void>()
  let dialled = false

  function goOn(): void {
    for (const go of waiting) go()
    waiting.clear()
  }

  if (!isCluster(client)) own.onServed(goOn)
  client.on('ready', () => {
    if (!isCluster(client)) return
    // A cluster dials a node when it first has a command for it, and refuses others until that is done.
    void Promise.allSettled(client.nodes('master').map(dial)).then(() => {
      dialled = true
      goOn()
    })
  })
  client.on('close', () => {
    dialled = false
  })

  return {
    isReady: () => client.status === 'ready' && (dialled || (!client.isCluster && own.isServed())),
    until(deadlineMs) {
      own.dial()
      return new Promise((resolve, reject) => {
        const go = (): void => {
          clearTimeout(timer)
          resolve()
        }
        const giveUp = (): void => {
          waiting.delete(go)
          reject(new NotConnected(own))
        }
        const timer = setTimeout(giveUp, Math.max(0, deadlineMs - performance.now()))
        // Whoever waits for the call has a timer of its own that keeps the process alive.
        timer.unref()
        waiting.add(go)
      })
    },
  }
}

/** What waited here in vain was never sent. The message is the reason why there is no connection. */
export class NotConnected extends Error {
  constructor({ client, failure }: OwnClient) {
    const reason = failure()
    super(reason === undefined ? unanswered(client) : reasonOf(reason), { cause: reason })
  }
}

/** How far a connection has come that has not failed yet. */
function unanswered(client: Redis | Cluster): string {
  const { tls, redisOptions } = client.options as { tls?: unknown; redisOptions?: { tls?: unknown } }
  if (client.status === 'connecting' && (tls ?? redisOptions?.tls)) return 'Redis has not answered the TLS handshake yet'
  if (client.status === 'connecting') return 'Redis has not accepted the connection yet'
  return `Redis has not answered on its connection yet (${client.status})`
}

function dial(node: Redis): Promise<unknown> {
  return node.status === 'wait' ? node.connect() : node.ping()
}
