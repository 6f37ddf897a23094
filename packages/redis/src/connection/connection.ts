/** The store's own connection: every command is sent at most once, and only while its caller still waits. */

import { setTimeout as sleep } from 'node:timers/promises'
import { SluiceError } from '@sluice/core'
import { SLUICE_CLOSED } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import type { Script } from '../wire/scripts.generated.ts'
import { isCluster } from './client.ts'
import { onceOnly, onceOnlyCluster, silentMs } from './once-only.ts'
import { readinessOf } from './readiness.ts'
import { watchdog } from './watchdog.ts'

/** A connection to Redis, to a Sentinel's master, or to a Cluster. */
export interface Connection {
  readonly isCluster: boolean
  /**
   * Runs a script once. It is sent in full the first time; where the server does not know it after that, nothing has run, and so again.
   * @param keys - all in one slot
   * @param deadlineMs - until when the caller waits, by `performance.now()`
   */
  run(script: Script, keys: readonly string[], args: readonly string[], deadlineMs: number): Promise<unknown>
  /** Whether what is sent first also runs first, which in a Cluster, where commands are sent on to other nodes, it need not. */
  readonly keepsOrder: boolean
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
  const attend = watchdog(own, silentMs)
  const sender = scriptSender(own, attend)
  let closed = false
  // Calls tell of what they meet themselves; without a listener ioredis would print it.
  own.on('error', ignore)
  const onEnd = (): void => own.disconnect()
  client.once('end', onEnd)

  async function whenReady<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    if (closed) throw new SluiceError(SLUICE_CLOSED, { what: 'store' })
    await readiness.until(deadlineMs)
    return command()
  }

  /** At once where the connection is there, which it nearly always is. */
  function send<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    return closed || !readiness.isReady() ? whenReady(deadlineMs, command) : command()
  }

  function get(key: string): Promise<string | null> {
    attend()
    return own.get(key)
  }

  return {
    isCluster: client.isCluster,
    run: (script, keys, args, deadlineMs) =>
      send(deadlineMs, () => sender.evaluate(script, keys, args)).catch((error: unknown) => {
        if (!isUnknownScript(error) || performance.now() >= deadlineMs) throw error
        return sender.evaluateInFull(script, keys, args)
      }),
    keepsOrder: !client.isCluster,
    read: (key, deadlineMs) =>
      send(deadlineMs, () => get(key)).catch((error: unknown) => {
        throw replyLost(error)
      }),
    async close() {
      if (closed) return
      closed = true
      client.off('end', onEnd)
      await Promise.race([own.quit().catch(ignore), sleep(goodbyeMs, undefined, { ref: false })])
      own.disconnect()
    },
  }
}

type Evaluate = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>

/** Sends scripts: by their hash, or in full where the server may not know them yet. What is sent after that finds the script there. */
function scriptSender(own: Redis | Cluster, attend: () => void): { readonly evaluate: Evaluate; readonly evaluateInFull: Evaluate } {
  // Scripts that were sent in full on this connection.
  const known = new Set<Script>()
  own.on('close', () => known.clear())
  const evaluateInFull: Evaluate = (script, keys, args) => {
    known.add(script)
    attend()
    return own.eval(script.source, keys.length, ...keys, ...args)
  }
  return {
    evaluateInFull,
    evaluate(script, keys, args) {
      if (!own.isCluster && !known.has(script)) return evaluateInFull(script, keys, args)
      attend()
      return own.evalsha(script.sha1, keys.length, ...keys, ...args)
    },
  }
}

/** After a restart, a `SCRIPT FLUSH`, or a failover. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** What ioredis says of a lost reply is to raise an option, by which it would send the command again. */
function replyLost(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'MaxRetriesPerRequestError') return error
  return new Error('The connection was lost before Redis answered', { cause: error })
}

function ignore(): void {}
