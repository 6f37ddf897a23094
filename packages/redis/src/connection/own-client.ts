/**
 * The client that the store works on: made like the caller's, dialled again whenever it is lost, with the credentials that the caller's client
 * has by then. It never keeps the process alive: its sockets and timers are left out of account, and each call that waits has a timer.
 */
import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './client.ts'
import { askForCredentials, type CredentialsHook, follow } from './credentials.ts'
import { onceOnly, onceOnlyCluster } from './once-only.ts'

/** A client of the store's own. */
export interface OwnClient {
  readonly client: Redis | Cluster
  /** Connects, unless that is so already, is being done, or has its turn later. */
  dial(): void
  /** Ends the connection until it is dialled again. */
  rest(): void
  /** Ends the connection for good. */
  end(): void
  /**
   * Whether the server has answered on this connection. A proxy may accept connections for a server that is not there, and version 5 of
   * ioredis sends commands before it knows whether a password is right.
   */
  isServed(): boolean
  /** Calls back each time that a connection to a server is there, before the server has answered on it. */
  onConnected(listener: () => void): void
  /** Calls back each time that the server has answered on a new connection. */
  onServed(listener: () => void): void
  /** Why the store is not connected, as far as it is known. */
  failure(): unknown
  /** Whether the first attempt to connect has neither succeeded nor failed yet. */
  isFirstAttempt(): boolean
  /** Where credentials come from, instead of the caller's client. */
  useCredentials(hook: CredentialsHook): void
}

/** Milliseconds between attempts to connect: at first, and at most. */
const firstRetryMs = 50
const longestRetryMs = 1000
/** @param client - of the caller, which stays untouched */
export function ownClient(client: Redis | Cluster): OwnClient {
  const own = isCluster(client)
    ? client.duplicate([], onceOnlyCluster(client.options) as Parameters<Cluster['duplicate']>[1])
    : client.duplicate(onceOnly(client.options))
  let hook: CredentialsHook | undefined
  let state: 'active' | 'resting' | 'ended' = 'active'
  // Whether an attempt is made, or has led to a connection.
  let isOpen = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let nextDialMs = 0
  let failure: unknown
  let hasFailed = false
  let served = false
  const connectedListeners: (() => void)[] = []
  const servedListeners: (() => void)[] = []
  let isFirstAttempt = true

  function fail(error: unknown): void {
    failure = isTlsTimeout(error, own) ? new Error('Redis has not answered the TLS handshake in time', { cause: error }) : error
    hasFailed = true
  }

  function works(): void {
    // An option that the server refuses, such as the number of a database, leaves the connection as if it had not been given.
    if (hasFailed && !isCluster(own)) {
      own.disconnect(true)
      return
    }
    attempts = 0
    failure = undefined
    isFirstAttempt = false
    serve()
  }

  function serve(): void {
    if (served) return
    served = true
    for (const listener of servedListeners) listener()
  }

  /** Names a connection. The answer shows that the server serves it, also if it forbids the name. A server that is busy is asked again. */
  function greet(connection: Redis): void {
    if (connection.status !== 'ready') return
    connection.client('SETNAME', connectionName(client)).then(works, (error: Error) => {
      if (isForbidden(error)) return works()
      if (!isReply(error)) return
      fail(error)
      setTimeout(greet, firstRetryMs, connection).unref()
    })
  }

  function watch(connection: Redis): void {
    connection.on('connect', () => connection.stream.unref())
    connection.on('ready', () => {
      greet(connection)
      for (const listener of connectedListeners) listener()
    })
  }

  async function connect(): Promise<void> {
    isOpen = true
    hasFailed = false
    follow(client, own)
    if (hook !== undefined) await askForCredentials(hook, own)
    if (state !== 'active') throw new Error('Redis is not needed any more')
    // Left over where a connection was ended before it was there; ioredis would hide errors by it.
    Object.assign(own, { manuallyClosing: false })
    await own.connect()
  }

  function dialNow(): void {
    timer = undefined
    connect().catch((error: unknown) => {
      if (!hasFailed) fail(error)
      if (own.status === 'wait' || own.status === 'end') attemptFailed()
    })
  }

  function attemptFailed(): void {
    if (!isOpen) return
    isOpen = false
    attempts = state === 'active' ? attempts + 1 : 0
    nextDialMs = attempts === 0 ? 0 : performance.now() + backOff(attempts)
    isFirstAttempt = false
    // After the caller's client has ended, only calls dial.
    if (state === 'active' && client.status !== 'end') dial()
  }

  function dial(): void {
    if (state === 'ended') return
    state = 'active'
    if (timer !== undefined || isOpen) return
    const waitMs = nextDialMs - performance.now()
    if (waitMs <= 0) {
      dialNow()
      return
    }
    timer = setTimeout(dialNow, waitMs)
    timer.unref()
  }

  function disconnect(): void {
    clearTimeout(timer)
    timer = undefined
    if (own.status !== 'end' && own.status !== 'wait') own.disconnect()
  }

  own.on('error', fail)
  own.on('close', () => {
    served = false
    if (!hasFailed) fail(new Error('Redis closed the connection'))
  })
  own.on('end', attemptFailed)
  if (isCluster(own)) {
    own.on('node error', fail)
    own.on('+node', watch)
    own.on('-node', () => follow(client, own))
  } else watch(own)

  return {
    client: own,
    dial,
    rest() {
      if (state === 'active') state = 'resting'
      disconnect()
    },
    end() {
      state = 'ended'
      disconnect()
    },
    isServed: () => served,
    onConnected: (listener) => void connectedListeners.push(listener),
    onServed: (listener) => void servedListeners.push(listener),
    failure: () => failure,
    isFirstAttempt: () => isFirstAttempt,
    useCredentials(given) {
      hook = given
    },
  }
}

/** Whether an attempt with TLS timed out. A server without TLS accepts the connection and waits for more, which ioredis reports as ETIMEDOUT. */
function isTlsTimeout(error: unknown, { options }: Redis | Cluster): boolean {
  const { tls, redisOptions } = options as { tls?: unknown; redisOptions?: { tls?: unknown } }
  return Boolean(tls ?? redisOptions?.tls) && error instanceof Error && error.message === 'connect ETIMEDOUT'
}

/** Half of the interval is drawn, so that many processes do not all come back at once. */
function backOff(attempt: number): number {
  const intervalMs = Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs)
  return Math.round(intervalMs * (0.5 + Math.random() / 2))
}

function connectionName({ options }: Redis | Cluster): string {
  const { connectionName: own, redisOptions } = options as { connectionName?: string; redisOptions?: { connectionName?: string } }
  const name = own ?? redisOptions?.connectionName
  return name ? `${name}:sluice` : 'sluice'
}

/** Whether a server answered that it serves this connection, and not this command. */
function isForbidden(error: Error): boolean {
  return isReply(error) && /NOPERM|unknown (?:sub)?command|syntax error|wrong number of arguments/i.test(error.message)
}

function isReply(error: Error): boolean {
  return error.name === 'ReplyError'
}
