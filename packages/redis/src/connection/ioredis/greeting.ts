/**
 * The greeting of a new connection: its first command, whose answer shows that the server serves the connection.
 *
 * A proxy may accept connections for a server that is not there, and version 5 of ioredis sends commands before it knows whether a password
 * is right.
 */
import type { Redis } from 'ioredis'
import { firstRetryMs } from '../dialling.ts'

/** The greetings of one client. */
export interface Greeting {
  /** Greets on each connection that this client makes. */
  watch(connection: Redis): void
  /** The connection is lost: the next one has to be greeted. */
  lost(): void
  /** Whether the server has answered on this connection. */
  isServed(): boolean
  /** Calls back each time that a connection to a server is there, before the server has answered on it. */
  onConnected(listener: () => void): void
  /** Calls back each time that the server has answered on a new connection. */
  onServed(listener: () => void): void
}

/** What comes of a greeting. */
export interface Greeted {
  /** The server serves the connection. @returns whether the connection is as it was asked for */
  works(): boolean
  failed(error: Error): void
}

/** @param name - of the connection, in the lists of the server */
export function greeting(name: string, { works, failed }: Greeted): Greeting {
  let served = false
  const connectedListeners: (() => void)[] = []
  const servedListeners: (() => void)[] = []

  function answered(): void {
    if (!works() || served) return
    served = true
    for (const listener of servedListeners) listener()
  }

  /** Names a connection. The answer counts also if it forbids the name. A server that is busy is asked again. */
  function greet(connection: Redis): void {
    if (connection.status !== 'ready') return
    connection.client('SETNAME', name).then(answered, (error: Error) => {
      if (isForbidden(error)) return answered()
      if (!isReply(error)) return
      failed(error)
      setTimeout(greet, firstRetryMs, connection).unref()
    })
  }

  return {
    watch(connection) {
      connection.on('connect', () => connection.stream.unref())
      connection.on('ready', () => {
        greet(connection)
        for (const listener of connectedListeners) listener()
      })
    },
    lost() {
      served = false
    },
    isServed: () => served,
    onConnected: (listener) => void connectedListeners.push(listener),
    onServed: (listener) => void servedListeners.push(listener),
  }
}

/** Whether a server answered that it serves this connection, and not this command. */
function isForbidden(error: Error): boolean {
  return isReply(error) && /NOPERM|unknown (?:sub)?command|syntax error|wrong number of arguments/i.test(error.message)
}

function isReply(error: Error): boolean {
  return error.name === 'ReplyError'
}
