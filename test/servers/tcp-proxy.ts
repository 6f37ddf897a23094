/** A TCP proxy in this process that breaks connections on demand, in the ways in which networks break. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'
import { type Direction, joinConnection, type ProxyConnection, type Traffic } from './proxy-connection.ts'
import type { Address } from './server-process.ts'

export interface Cut {
  /** How many replies; each costs the connection that it was for. @default Infinity */
  readonly count?: number
  /** Only what comes back after a request with this in it, e.g. `/evalsha/i`. @default any reply */
  readonly to?: RegExp
}

/** Faults add up, and last until `heal()`. */
export interface TcpProxy extends Address, AsyncDisposable {
  /** Makes bytes wait before they go on, those in waiting too; `Infinity` holds them until `heal()`, as a network does that is down for a while. */
  delay(ms: number, options?: { readonly direction?: Direction | 'both' }): void
  /** Lets requests reach the server, but closes the connection when the first bytes of the reply come back: done, and the client cannot know. */
  cutReplies(cut?: Cut): void
  /** Loses all bytes of all connections, new ones included, both ways, and every sign of an end: only silence tells. */
  blackHole(): void
  /** Accepts new connections and never answers on them, as a machine does that hangs; those already open work on. */
  halfOpen(): void
  /** Refuses new connections, as a machine does that lacks the server; those already open work on. */
  refuse(): void
  /** Resets all open connections, once, as a server does that restarts. */
  resetAll(): void
  /** Ends all faults; connections that have lost bytes are reset, since TCP never shows a stream with a hole. */
  heal(): Promise<void>
  /** How many clients are connected. */
  connections(): number
  /** How many connections were accepted since the start. */
  accepted(): number
  /** Bytes taken over for delivery since the start. */
  readonly bytes: Readonly<Record<Direction, number>>
  /** Closes the port and all connections. */
  stop(): Promise<void>
}

/** Starts a proxy on a free port in front of `target`, healthy and without delay. */
export async function startProxy(target: Address): Promise<TcpProxy> {
  const port = await freePort()
  const connections = new Set<ProxyConnection>()
  const bytes = { requests: 0, replies: 0 }
  const delaysMs = { requests: 0, replies: 0 }
  let cut: { left: number; readonly to: RegExp | undefined } | undefined
  let losing = false
  let hanging = false
  let accepted = 0

  const traffic: Traffic = {
    delayMs: (direction) => delaysMs[direction],
    admit(direction, chunk, connection) {
      if (losing) {
        connection.damaged = true
        return false
      }
      if (chunk === undefined) return true
      if (direction === 'requests' && cut?.to?.test(chunk.toString('latin1'))) connection.marked = true
      if (direction === 'replies' && cut !== undefined && cut.left > 0 && (cut.to === undefined || connection.marked)) {
        cut.left -= 1
        connection.close()
        return false
      }
      bytes[direction] += chunk.length
      return true
    },
  }
  const accept = (client: Socket): void => {
    accepted += 1
    const connection = joinConnection(client, hanging ? undefined : target, traffic)
    connections.add(connection)
    client.on('close', () => connections.delete(connection))
  }
  const retime = (): void => {
    for (const connection of connections) connection.retime()
  }
  let listener: Server | undefined = await listen(port, accept)
  const refuse = (): void => {
    listener?.close()
    listener = undefined
  }
  const stop = async (): Promise<void> => {
    refuse()
    for (const connection of connections) connection.close()
  }
  return {
    host: '127.0.0.1',
    port,
    bytes,
    connections: () => connections.size,
    accepted: () => accepted,
    delay(ms, { direction = 'both' } = {}) {
      if (direction !== 'replies') delaysMs.requests = ms
      if (direction !== 'requests') delaysMs.replies = ms
      retime()
    },
    cutReplies({ count = Infinity, to } = {}) {
      cut = { left: count, to }
      for (const connection of connections) connection.marked = false
    },
    blackHole() {
      losing = true
    },
    halfOpen() {
      hanging = true
    },
    refuse,
    resetAll() {
      for (const connection of connections) connection.reset()
    },
    async heal() {
      cut = undefined
      losing = false
      hanging = false
      for (const connection of connections) if (connection.damaged) connection.reset()
      delaysMs.requests = delaysMs.replies = 0
      retime()
      listener ??= await listen(port, accept)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return server
}
