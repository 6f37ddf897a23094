/** One node of a Cluster: dialled when a command needs it, and again after growing intervals. */
import { halfDrawn } from '@sluice/core/internal'
import type { RedisConnection } from '../raw/redis-connector.ts'
import { NotSent, openTended, ReplyError, type TendedConnection } from '../raw/tended-connection.ts'
import type { NodeAddress } from './node-redis.ts'

/** A node and the connection to it. */
export interface ClusterNode {
  readonly address: NodeAddress
  /** Whether it can be sent a command at once. */
  isThere(): boolean
  /** Waits for a connection, and dials unless it does already. @throws why there is none */
  reach(): Promise<void>
  /** Sends a command once. Where there is no connection it dials, and the command fails. */
  send(args: readonly string[], key: string | undefined): Promise<unknown>
  close(): void
}

/** Milliseconds between attempts to connect: at first, and at most. */
const firstRetryMs = 50
const longestRetryMs = 1000

/**
 * @param connect - makes a connection to the node
 * @param name - of the connection, in the lists of the server
 * @param whenLost - called back when the connection is lost, and when an attempt has failed
 */
export function clusterNode(
  address: NodeAddress,
  connect: (lost: (cause: unknown) => void) => Promise<RedisConnection>,
  name: string,
  whenLost: (cause: unknown) => void,
): ClusterNode {
  let connection: TendedConnection | undefined
  let dialling: Promise<void> | undefined
  let attempts = 0
  let nextMs = 0
  let failure: unknown
  let closed = false

  function lost(cause: unknown): void {
    connection = undefined
    failed(cause)
  }

  function failed(cause: unknown): void {
    failure = cause
    attempts += 1
    nextMs = performance.now() + halfDrawn(Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs))
    if (!closed) whenLost(cause)
  }

  async function dial(): Promise<void> {
    const made = await openTended(connect, lost)
    // The name is for operators only; a server that forbids it serves the connection all the same.
    await made.send(['CLIENT', 'SETNAME', name], undefined).catch((error: unknown) => {
      if (!(error instanceof ReplyError)) throw error
    })
    if (closed) return made.close()
    connection = made
    attempts = 0
  }

  function reach(): Promise<void> {
    if (connection !== undefined) return Promise.resolve()
    if (dialling !== undefined) return dialling
    if (performance.now() < nextMs) return Promise.reject(failure as Error)
    dialling = dial()
      .catch((error: unknown) => {
        failed(error)
        throw error
      })
      .finally(() => {
        dialling = undefined
      })
    return dialling
  }

  return {
    address,
    isThere: () => connection !== undefined,
    reach,
    send(args, key) {
      if (connection !== undefined) return connection.send(args, key)
      reach().catch(() => {})
      return Promise.reject(new NotSent('There is no connection to the node', { cause: failure }))
    },
    close() {
      closed = true
      connection?.close()
      connection = undefined
    },
  }
}
