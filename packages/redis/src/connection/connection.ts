/** The store's own connection: every command is sent at most once, and only while its caller still waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, SLUICE_CLOSED } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import { SluiceError } from '../errors.ts'
import type { Script } from '../wire/scripts.generated.ts'
import { isCluster } from './client.ts'
import type { CredentialsHook } from './credentials.ts'
import { silentMs } from './once-only.ts'
import { type OwnClient, ownClient } from './own-client.ts'
import { NotConnected, type Readiness, readinessOf } from './readiness.ts'
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
/** How long to wait before a script is sent again whose keys are on two nodes. */
const betweenTriesMs = 5

/** The one connection of a client's stores and policy sources. */
interface Shared {
  readonly own: OwnClient
  readonly readiness: Readiness
  readonly sender: ScriptSender
  readonly readyListeners: Set<() => void>
  attend(): void
  users: number
  close(): Promise<void>
}

const connections = new WeakMap<Redis | Cluster, Shared>()

/**
 * Connects as the caller's client does, which stays untouched. All stores and policy sources of one client share one connection. When the
 * client is ended the connection is too, and a call after that connects anew. Whatever the order, the process can end: the connection
 * never keeps it alive.
 */
export function connectLike(client: Redis | Cluster, credentials?: CredentialsHook): Connection {
  const shared = connections.get(client) ?? share(client)
  const { own, readiness, sender, readyListeners } = shared
  shared.users += 1
  if (credentials !== undefined) own.useCredentials(credentials)
  if (client.status !== 'wait') own.dial()
  const listeners: (() => void)[] = []
  let closed = false

  async function whenReady<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    if (closed) throw new SluiceError(SLUICE_CLOSED, { what: 'store' })
    await readiness.until(deadlineMs)
    return command()
  }

  /** At once where the connection is there, which it nearly always is. */
  function send<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    return closed || !readiness.isReady() ? whenReady(deadlineMs, command) : command()
  }

  function call(name: string, args: readonly string[]): Promise<unknown> {
    shared.attend()
    return own.client.call(name, ...args)
  }

  const run: Connection['run'] = (script, keys, args, deadlineMs) =>
    send(deadlineMs, () => sender.evaluate(script, keys, args)).catch((error: unknown) => {
      if (isOnTwoNodes(error) && performance.now() + betweenTriesMs < deadlineMs) return again(script, keys, args, deadlineMs)
      if (!isUnknownScript(error) || performance.now() >= deadlineMs) throw replyLost(error, own)
      return sender.evaluateInFull(script, keys, args)
    })

  async function again(...call: Parameters<Connection['run']>): Promise<unknown> {
    await sleep(betweenTriesMs, undefined, { ref: false })
    return run(...call)
  }

  return {
    isCluster: client.isCluster,
    run,
    probe(script, keys, args, deadlineMs) {
      if (closed || client.isCluster || own.client.status !== 'ready') return run(script, keys, args, deadlineMs)
      return sender.evaluateInFull(script, keys, args).catch((error: unknown) => {
        throw replyLost(error, own)
      })
    },
    keepsOrder: !client.isCluster,
    read: (key, deadlineMs) =>
      send(deadlineMs, () => call('GET', [key]) as Promise<string | null>).catch((error: unknown) => {
        throw replyLost(error, own)
      }),
    command: (name, args, deadlineMs) => send(deadlineMs, () => call(name, args)),
    connected: (deadlineMs) => (closed || readiness.isReady() ? undefined : readiness.until(deadlineMs)),
    onReady(listener) {
      listeners.push(listener)
      readyListeners.add(listener)
      if (readiness.isReady()) listener()
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
function share(client: Redis | Cluster): Shared {
  const own = ownClient(client)
  const attend = watchdog(own.client, silentMs)
  const readyListeners = new Set<() => void>()
  const tellReady = (): void => {
    for (const listener of readyListeners) listener()
  }
  if (isCluster(own.client)) own.client.on('ready', tellReady)
  else own.onConnected(tellReady)
  client.on('end', own.rest)
  const shared: Shared = {
    own,
    readiness: readinessOf(own),
    sender: scriptSender(own.client, attend),
    readyListeners,
    attend,
    users: 0,
    async close() {
      connections.delete(client)
      client.off('end', own.rest)
      await atMost(goodbyeMs, own.client.quit().then(ignore, ignore))
      own.end()
    },
  }
  connections.set(client, shared)
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

interface ScriptSender {
  readonly evaluate: Evaluate
  readonly evaluateInFull: Evaluate
}

type Evaluate = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>

/** Sends scripts: by their hash, or in full where the server may not know them yet. What is sent after that finds the script there. */
function scriptSender(own: Redis | Cluster, attend: () => void): ScriptSender {
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

/**
 * Whether a slot is moving, and a bucket and the blocks of its log are on two nodes. Such a script has changed nothing: it fails before it
 * writes a key that the caller has named.
 */
function isOnTwoNodes(error: unknown): boolean {
  return error instanceof Error && /^ERR Script attempted to access a non local key/.test(error.message)
}

/** After a restart, a `SCRIPT FLUSH`, or a failover. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** What ioredis says of a lost reply is not why it was lost, or is to raise an option by which it would send the command again. */
function replyLost(error: unknown, own: OwnClient): unknown {
  if (!(error instanceof Error)) return error
  if (error.message.startsWith("Stream isn't writeable")) return new NotConnected(own)
  if (error.name !== 'MaxRetriesPerRequestError' && error.message !== 'Connection is closed.') return error
  const failure = own.failure() ?? error
  return new Error(`The connection was lost before Redis answered: ${reasonOf(failure)}`, { cause: failure })
}

function ignore(): void {}
