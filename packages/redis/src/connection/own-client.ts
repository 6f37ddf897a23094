/**
 * The client that the store works on: made like the caller's, dialled again whenever it is lost, with the credentials that the caller's client
 * has by then. It never keeps the process alive: its sockets and timers are left out of account, and each call that waits has a timer.
 */
import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './client.ts'
import { askForCredentials, type CredentialsHook, follow } from './credentials.ts'
import { type Dialling, dialling } from './dialling.ts'
import { type Greeting, greeting } from './greeting.ts'
import { onceOnly, onceOnlyCluster } from './once-only.ts'

/** A client of the store's own. */
export interface OwnClient extends Pick<Dialling, 'dial' | 'isFirstAttempt'>, Pick<Greeting, 'isServed' | 'onConnected' | 'onServed'> {
  readonly client: Redis | Cluster
  /** Ends the connection until it is dialled again. */
  rest(): void
  /** Ends the connection for good. */
  end(): void
  /** Why the store is not connected, as far as it is known. */
  failure(): unknown
  /** Where credentials come from, instead of the caller's client. */
  useCredentials(hook: CredentialsHook): void
}

/** @param client - of the caller, which stays untouched */
export function ownClient(client: Redis | Cluster): OwnClient {
  const own = madeLike(client)
  const failure = lastFailure(own)
  let hook: CredentialsHook | undefined
  const dials = dialling(
    () => void connect().catch(attemptFailed),
    // After the caller's client has ended, only calls dial.
    () => client.status !== 'end',
  )
  const greets = greeting(connectionName(client), { works, failed: failure.set })

  async function connect(): Promise<void> {
    failure.begin()
    follow(client, own)
    if (hook !== undefined) await askForCredentials(hook, own)
    if (!dials.isWanted()) throw new Error('Redis is not needed any more')
    // Left over where a connection was ended before it was there; ioredis would hide errors by it.
    Object.assign(own, { manuallyClosing: false })
    await own.connect()
  }

  function attemptFailed(error: unknown): void {
    failure.setIfNone(error)
    if (own.status === 'wait' || own.status === 'end') dials.ended()
  }

  function works(): boolean {
    // An option that the server refuses, such as the number of a database, leaves the connection as if it had not been given.
    if (failure.isSet() && !isCluster(own)) {
      own.disconnect(true)
      return false
    }
    dials.succeeded()
    failure.clear()
    return true
  }

  listen(client, own, { failure, dials, greets })
  return {
    client: own,
    dial: dials.dial,
    isFirstAttempt: dials.isFirstAttempt,
    rest() {
      dials.rest()
      disconnect(own)
    },
    end() {
      dials.end()
      disconnect(own)
    },
    isServed: greets.isServed,
    onConnected: greets.onConnected,
    onServed: greets.onServed,
    failure: failure.cause,
    useCredentials(given) {
      hook = given
    },
  }
}

function madeLike(client: Redis | Cluster): Redis | Cluster {
  return isCluster(client)
    ? client.duplicate([], onceOnlyCluster(client.options) as Parameters<Cluster['duplicate']>[1])
    : client.duplicate(onceOnly(client.options))
}

/** The parts of a client that its events concern. */
interface Parts {
  readonly failure: LastFailure
  readonly dials: Dialling
  readonly greets: Greeting
}

function listen(client: Redis | Cluster, own: Redis | Cluster, { failure, dials, greets }: Parts): void {
  own.on('error', failure.set)
  own.on('close', () => {
    greets.lost()
    failure.setIfNone(new Error('Redis closed the connection'))
  })
  own.on('end', dials.ended)
  if (isCluster(own)) {
    own.on('node error', failure.set)
    own.on('+node', greets.watch)
    own.on('-node', () => follow(client, own))
  } else greets.watch(own)
}

function disconnect(own: Redis | Cluster): void {
  if (own.status !== 'end' && own.status !== 'wait') own.disconnect()
}

/** Why a client is not connected, as far as it is known. */
interface LastFailure {
  cause(): unknown
  set(error: unknown): void
  /** Sets it unless the attempt at hand has failed already, for a better reason. */
  setIfNone(error: unknown): void
  /** Whether the attempt at hand has failed. */
  isSet(): boolean
  /** A new attempt begins. Until it succeeds or fails, the cause is that of the one before. */
  begin(): void
  clear(): void
}

function lastFailure(own: Redis | Cluster): LastFailure {
  let failure: unknown
  let isSet = false

  function set(error: unknown): void {
    failure = isTlsTimeout(error, own) ? new Error('Redis has not answered the TLS handshake in time', { cause: error }) : error
    isSet = true
  }

  return {
    cause: () => failure,
    set,
    setIfNone: (error) => void (isSet || set(error)),
    isSet: () => isSet,
    begin() {
      isSet = false
    },
    clear() {
      failure = undefined
    },
  }
}

/** Whether an attempt with TLS timed out. A server without TLS accepts the connection and waits for more, which ioredis reports as ETIMEDOUT. */
function isTlsTimeout(error: unknown, { options }: Redis | Cluster): boolean {
  const { tls, redisOptions } = options as { tls?: unknown; redisOptions?: { tls?: unknown } }
  return Boolean(tls ?? redisOptions?.tls) && error instanceof Error && error.message === 'connect ETIMEDOUT'
}

function connectionName({ options }: Redis | Cluster): string {
  const { connectionName: own, redisOptions } = options as { connectionName?: string; redisOptions?: { connectionName?: string } }
  const name = own ?? redisOptions?.connectionName
  return name ? `${name}:sluice` : 'sluice'
}
