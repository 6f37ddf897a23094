/**
 * The store's own client, made by ioredis: like the caller's, dialled again whenever it is lost, with the credentials that the caller's client
 * has by then. It never keeps the process alive: its sockets and timers are left out of account, and each call that waits has a timer.
 */
import type { Cluster, Redis } from 'ioredis'
import { askForCredentials, type CredentialsHook } from '../credentials.ts'
import { type Dialling, dialling } from '../dialling.ts'
import { type LastFailure, lastFailure, tlsTimeout } from '../last-failure.ts'
import type { CallersClient, OwnClient } from '../own-client.ts'
import { isCluster, keyPrefixOf } from './client.ts'
import { type Greeting, greeting } from './greeting.ts'
import { mastersOf } from './masters.ts'
import { onceOnly, onceOnlyCluster, silentMs } from './once-only.ts'
import { follow, setCredentials } from './tracked-options.ts'
import { watchdog } from './watchdog.ts'

/** A client of ioredis, or of a fork with the same inner parts, such as iovalkey. */
export function ioredisClient(client: Redis | Cluster): CallersClient {
  return {
    identity: client,
    isCluster: client.isCluster,
    keyPrefix: keyPrefixOf(client),
    isIdle: () => client.status === 'wait',
    makeOwn: () => ownIoredis(client),
  }
}

function ownIoredis(client: Redis | Cluster): OwnClient {
  const own = madeLike(client)
  const failure = lastFailure((error) => (isTlsTimeout(error, own) ? tlsTimeout(error) : error))
  let hook: CredentialsHook | undefined
  const dials = dialling(
    () => void connect().catch(attemptFailed),
    // After the caller's client has ended, only calls dial.
    () => client.status !== 'end',
  )
  const greets = greeting(connectionName(client), { works, failed: failure.set })
  const attend = watchdog(own, silentMs)
  const masters = isCluster(own) ? mastersOf(own) : undefined

  async function connect(): Promise<void> {
    failure.begin()
    follow(client, own)
    if (hook !== undefined) setCredentials(own, await askForCredentials(hook))
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

  function rest(): void {
    dials.rest()
    disconnect(own)
  }

  listen(client, own, { failure, dials, greets })
  client.on('end', rest)
  return {
    dial: dials.dial,
    isFirstAttempt: dials.isFirstAttempt,
    rest,
    end() {
      client.off('end', rest)
      dials.end()
      disconnect(own)
    },
    quit: () => own.quit(),
    failure: failure.cause,
    progress: () => progressOf(own),
    useCredentials(given) {
      hook = given
    },
    isConnected: () => !own.isCluster && own.status === 'ready',
    isReady: () => own.status === 'ready' && (masters === undefined ? greets.isServed() : masters.areDialled()),
    onConnected: masters === undefined ? greets.onConnected : (listener) => void own.on('ready', listener),
    onReady: masters === undefined ? greets.onServed : masters.onDialled,
    onLost: (listener) => void own.on('close', listener),
    send(name, args) {
      attend()
      return own.call(name, ...args)
    },
    evaluate(name, script, keys, args) {
      attend()
      return own[name](script, keys.length, ...keys, ...args)
    },
    fateOf,
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

/** What ioredis says of a lost reply is not why it was lost, or is to raise an option by which it would send the command again. */
function fateOf({ name, message }: Error): 'not sent' | 'lost' | undefined {
  if (message.startsWith("Stream isn't writeable")) return 'not sent'
  return name === 'MaxRetriesPerRequestError' || message === 'Connection is closed.' ? 'lost' : undefined
}

function hasTls({ options }: Redis | Cluster): boolean {
  const { tls, redisOptions } = options as { tls?: unknown; redisOptions?: { tls?: unknown } }
  return Boolean(tls ?? redisOptions?.tls)
}

/** Whether an attempt with TLS timed out. A server without TLS accepts the connection and waits for more, which ioredis reports as ETIMEDOUT. */
function isTlsTimeout(error: unknown, own: Redis | Cluster): boolean {
  return hasTls(own) && error instanceof Error && error.message === 'connect ETIMEDOUT'
}

function progressOf(own: Redis | Cluster): string {
  if (own.status !== 'connecting') return `Redis has not answered on its connection yet (${own.status})`
  return hasTls(own) ? 'Redis has not answered the TLS handshake yet' : 'Redis has not accepted the connection yet'
}

function connectionName({ options }: Redis | Cluster): string {
  const { connectionName: own, redisOptions } = options as { connectionName?: string; redisOptions?: { connectionName?: string } }
  const name = own ?? redisOptions?.connectionName
  return name ? `${name}:sluice` : 'sluice'
}
