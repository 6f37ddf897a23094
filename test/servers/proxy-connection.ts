/** A client's connection through a proxy: two sockets, and what the proxy's faults did to them. */
import { connect, type Socket } from 'node:net'
import type { Address } from './server-process.ts'
import { startFlow } from './tcp-flow.ts'

/** Requests travel from the client to the server, replies back. */
export type Direction = 'requests' | 'replies'

/** What the proxy has to say about everything that arrives. */
export interface Traffic {
  delayMs(direction: Direction): number
  /** Whether a chunk, or the end of the stream (`undefined`), goes on. */
  admit(direction: Direction, chunk: Buffer | undefined, connection: ProxyConnection): boolean
}

export interface ProxyConnection {
  /** Whether a byte or an end was lost, so that going on would show a stream with a hole. */
  damaged: boolean
  /** Whether a request went by whose reply is to be cut. */
  marked: boolean
  /** Lets bytes in waiting go by a changed delay. */
  retime(): void
  /** Closes both sides, as a process does that goes. */
  close(): void
  /** Resets the client's side, as a machine does that knows nothing of the connection. */
  reset(): void
}

/** Joins a client to `target`; without one, the client gets no answer. Both sockets must allow to be half closed. */
export function joinConnection(client: Socket, target: Address | undefined, traffic: Traffic): ProxyConnection {
  const upstream = target && connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true })
  const flows: (() => void)[] = []
  const connection: ProxyConnection = {
    damaged: target === undefined,
    marked: false,
    retime() {
      for (const pump of flows) pump()
    },
    close() {
      client.destroy()
      upstream?.destroy()
    },
    reset() {
      client.resetAndDestroy()
      upstream?.destroy()
    },
  }
  client.on('error', () => {})
  if (upstream === undefined) {
    client.resume()
    return connection
  }
  upstream.on('error', () => {})
  const pass = (direction: Direction, source: Socket, sink: Socket): void => {
    const admit = (chunk: Buffer | undefined): boolean => traffic.admit(direction, chunk, connection)
    flows.push(startFlow({ source, target: sink, delayMs: () => traffic.delayMs(direction), admit }))
    // An orderly end queues behind the bytes before it; a violent one, such as a refused connection, goes past them.
    source.on('close', (violently) => {
      if (violently && admit(undefined)) connection.reset()
    })
  }
  pass('requests', client, upstream)
  pass('replies', upstream, client)
  return connection
}
