/** The store's own connection: every command is sent at most once, and only while its caller still waits. */
import type { Script } from '../wire/scripts.generated.ts'
import type { CredentialsHook } from './credentials.ts'
import type { CallersClient } from './own-client.ts'
import { readinessOf } from './readiness.ts'
import { type SendingOn, scriptSender, sending } from './sending.ts'

/** A connection to Redis, to a Sentinel's master, or to a Cluster. */
export interface Connection {
  readonly isCluster: boolean
  /**
   * Runs a script once. It is sent in full the first time; where the server does not know it after that, nothing has run, and so again.
   * @param keys - all in one slot
   * @param deadlineMs - until when the caller waits, by `performance.now()`
   */
  run(script: Script, keys: readonly string[], args: readonly string[], deadlineMs: number): Promise<unknown>
  /** As `run`, also before the server has answered on a new connection. For a script that changes nothing. */
  probe(script: Script, keys: readonly string[], args: readonly string[], deadlineMs: number): Promise<unknown>
  /** Whether what is sent first also runs first, which in a Cluster, where commands are sent on to other nodes, it need not. */
  readonly keepsOrder: boolean
  /** The text of a key; `null` where there is none. */
  read(key: string, deadlineMs: number): Promise<string | null>
  /** Sends one command to the server, or in a Cluster to the node of the first key that it names. */
  command(name: string, args: readonly string[], deadlineMs: number): Promise<unknown>
  /** Waits until a connection is there, as far as the deadline; `undefined` where it is, or the store is closed. */
  connected(deadlineMs: number): Promise<void> | undefined
  /** Calls back when a connection is there, before the server has answered on it, and before the calls that wait for it are sent. */
  onReady(listener: () => void): void
  /** Whether the first attempt to connect has neither succeeded nor failed yet. */
  isConnecting(): boolean
  close(): Promise<void>
}

/** How long to wait for a server to say goodbye. */
const goodbyeMs = 100

/** The one connection of a client's stores and policy sources. */
interface Shared extends SendingOn {
  readonly readyListeners: Set<() => void>
  users: number
  close(): Promise<void>
}

const connections = new WeakMap<object, Shared>()

/**
 * Connects as the caller's client does, which stays untouched. All stores and policy sources of one client share one connection. When the
 * client is ended the connection is too, and a call after that connects anew. Whatever the order, the process can end: the connection
 * never keeps it alive.
 */
export function connectLike(client: CallersClient, credentials?: CredentialsHook): Connection {
  const shared = connections.get(client.identity) ?? share(client)
  const { own, readiness, readyListeners } = shared
  shared.users += 1
  if (credentials !== undefined) own.useCredentials(credentials)
  if (!client.isIdle()) own.dial()
  const listeners: (() => void)[] = []
  let closed = false

  return {
    isCluster: client.isCluster,
    ...sending(shared, () => closed),
    keepsOrder: !client.isCluster,
    connected: (deadlineMs) => (closed || own.isReady() ? undefined : readiness.until(deadlineMs)),
    onReady(listener) {
      listeners.push(listener)
      readyListeners.add(listener)
      if (own.isReady()) listener()
    },
    isConnecting: own.isFirstAttempt,
    async close() {
      if (closed) return
      closed = true
      for (const listener of listeners) readyListeners.delete(listener)
      shared.users -= 1
      if (shared.users === 0) await shared.close()
    },
  }
}

/** Makes the connection of a client. */
function share({ identity, isCluster, makeOwn }: CallersClient): Shared {
  const own = makeOwn()
  const readyListeners = new Set<() => void>()
  own.onConnected(() => {
    for (const listener of readyListeners) listener()
  })
  const shared: Shared = {
    own,
    readiness: readinessOf(own),
    sender: scriptSender(own, isCluster),
    readyListeners,
    users: 0,
    async close() {
      connections.delete(identity)
      await atMost(goodbyeMs, own.quit().then(ignore, ignore))
      own.end()
    },
  }
  connections.set(identity, shared)
  return shared
}

/** Waits for something, not longer than so many milliseconds. The timer keeps the process alive as long. */
function atMost(ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function ignore(): void {}
