/**
 * A watchdog: gives up a connection if the server owes answers and stays silent, because it is frozen or no longer reachable.
 *
 * ioredis has `socketTimeout` for this. It sets a timer for each command and goes by the clock. A process that was busy for longer drops the
 * connection before it reads the answers that have arrived. Here one timer checks a connection, only while a command is in flight, and
 * counts its checks. Between two of them what has arrived is read, however late the second one is.
 */
import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './client.ts'

/** Milliseconds between looks. */
const betweenLooksMs = 100

/** What was heard on a connection at the last look, in bytes, and in how many looks it was the same. */
interface Silence {
  readonly bytes: number
  readonly looks: number
}

/**
 * Watches the connections of a client. One that is given up is dialled anew, and what was in flight on it fails: it may have been carried out.
 * @param silentMs - for how long a server may stay silent; it is noticed up to a look earlier
 * @returns what is to be called whenever a command is sent
 */
export function watchdog(client: Redis | Cluster, silentMs: number): () => void {
  const connections = new Set<Redis>()
  let silences = new Map<Redis['stream'], Silence>()
  let watching = false

  function watch(connection: Redis): void {
    connections.add(connection)
    // It begins with commands of its own.
    connection.on('connect', attend)
  }

  function attend(): void {
    if (watching) return
    watching = true
    // Timers come before what has arrived is read, and immediates after it.
    setTimeout(() => setImmediate(look), betweenLooksMs).unref()
  }

  function look(): void {
    watching = false
    const before = silences
    silences = new Map()
    for (const { commandQueue, stream } of connections) {
      if (commandQueue.length === 0) continue
      const bytes = stream.bytesRead
      const last = before.get(stream)
      const looks = last?.bytes === bytes ? last.looks + 1 : 1
      if (looks * betweenLooksMs >= silentMs) stream.destroy(new Error(`Redis owed an answer and was silent for ${silentMs} ms`))
      else silences.set(stream, { bytes, looks })
    }
    if (silences.size > 0) attend()
  }

  if (isCluster(client)) {
    client.on('ready', attend)
    client.on('+node', (node: Redis) => {
      watch(node)
      node.once('end', () => connections.delete(node))
    })
  } else watch(client)
  return attend
}
