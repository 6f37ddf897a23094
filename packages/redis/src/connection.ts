/** The store's own connection: every command is sent at most once, and only while its caller still waits. */
import { SluiceError } from '@sluice/core'
import type { Cluster, Redis } from 'ioredis'
import { onceOnly, onceOnlyCluster } from './once-only.ts'
import { readinessOf } from './readiness.ts'
import type { Script } from './scripts.generated.ts'

/** A connection to Redis, to a Sentinel's master, or to a Cluster. */
export interface Connection {
  readonly isCluster: boolean
  /**
   * Runs a script once. Where the server does not know it nothing has run, and it is sent in full.
   * @param keys - all in one slot
   * @param deadlineMs - until when the caller waits, by `performance.now()`
   */
  run(script: Script, keys: readonly string[], args: readonly string[], deadlineMs: number): Promise<unknown>
  /** The text of a key; `null` where there is none. */
  read(key: string, deadlineMs: number): Promise<string | null>
  close(): Promise<void>
}

/** How long to wait for a server to say goodbye. */
const goodbyeMs = 100

/**
 * Connects as the caller's client does, which stays untouched. When that one is ended this one is too, so that a store that was
 * forgotten keeps no process alive; a call after that connects anew.
 */
export function connectLike(client: Redis | Cluster): Connection {
  const own = isCluster(client)
    ? client.duplicate([], onceOnlyCluster(client.options) as Parameters<Cluster['duplicate']>[1])
    : client.duplicate(onceOnly(client.options))
  const readiness = readinessOf(own)
  let closed = false
  // Calls tell of what they meet themselves; without a listener ioredis would print it.
  own.on('error', ignore)
  const onEnd = (): void => own.disconnect()
  client.once('end', onEnd)

  async function whenReady<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    if (closed) throw new SluiceError('SLUICE_CLOSED', { what: 'store' })
    await readiness.until(deadlineMs)
    return command()
  }

  /** At once where the connection is there, which it nearly always is. */
  function send<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    return closed || !readiness.isReady() ? whenReady(deadlineMs, command) : command()
  }

  return {
    isCluster: client.isCluster,
    run: (script, keys, args, deadlineMs) =>
      send(deadlineMs, () => own.evalsha(script.sha1, keys.length, ...keys, ...args)).catch((error: unknown) => {
        if (!isUnknownScript(error) || performance.now() >= deadlineMs) throw plainly(error)
        return own.eval(script.source, keys.length, ...keys, ...args)
      }),
    read: (key, deadlineMs) =>
      send(deadlineMs, () => own.get(key)).catch((error: unknown) => {
        throw plainly(error)
      }),
    async close() {
      if (closed) return
      closed = true
      client.off('end', onEnd)
      const timer = setTimeout(() => own.disconnect(), goodbyeMs)
      await own.quit().catch(ignore)
      clearTimeout(timer)
      own.disconnect()
    },
  }
}

function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}

/** After a restart, a `SCRIPT FLUSH`, or a failover. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** What ioredis says of a lost reply is to raise an option, by which it would send the command again. */
function plainly(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'MaxRetriesPerRequestError') return error
  return new Error('The connection was lost before Redis answered', { cause: error })
}

function ignore(): void {}
