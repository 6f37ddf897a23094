/** The store's own client over single connections: dialled again whenever the connection is lost, and used once the server has answered on it. */
import { askForCredentials, type CredentialsHook, type RedisCredentials } from '../credentials.ts'
import { dialling, firstRetryMs } from '../dialling.ts'
import { lastFailure, tlsTimeout } from '../last-failure.ts'
import type { OwnClient } from '../own-client.ts'
import type { RedisConnector } from './redis-connector.ts'
import { LostReply, NotSent, openTended, ReplyError, type TendedConnection } from './tended-connection.ts'

/** How the connections of a client are made. */
export interface RawClientOptions {
  /** @param credentials - those that a hook gave, if there is one */
  connect(lost: (cause: unknown) => void, credentials: RedisCredentials | undefined): ReturnType<RedisConnector['connect']>
  readonly isCluster: boolean
  /** Whether it speaks TLS, as far as that is known. */
  hasTls(): boolean
  /** Of its connections, in the lists of the server. */
  readonly name: string
  /** Whether a lost connection is dialled again by itself, and not only by the next call. */
  mayRedial(): boolean
  /** Called back when the caller's client has ended. @returns a function that stops it */
  onCallersEnd(listener: () => void): () => void
}

export function rawClient({ connect, isCluster, hasTls, name, mayRedial, onCallersEnd }: RawClientOptions): OwnClient {
  const failure = lastFailure((error) => (hasTls() && isTimeout(error) ? tlsTimeout(error) : error))
  const listeners = { connected: [] as (() => void)[], ready: [] as (() => void)[], lost: [] as (() => void)[] }
  const tell = (event: keyof typeof listeners): void => {
    for (const listener of listeners[event]) listener()
  }
  const dials = dialling(() => void attempt().catch(attemptFailed), mayRedial)
  let hook: CredentialsHook | undefined
  let connection: TendedConnection | undefined
  let served = false

  async function attempt(): Promise<void> {
    failure.begin()
    const credentials = hook === undefined ? undefined : await askForCredentials(hook)
    if (!dials.isWanted()) throw new Error('Redis is not needed any more')
    const made = await openTended((lost) => connect(lost, credentials), lost, isCluster ? 'Cluster' : 'one server')
    if (!dials.isWanted()) {
      made.close()
      throw new Error('Redis is not needed any more')
    }
    connection = made
    greet(made)
    tell('connected')
  }

  function attemptFailed(error: unknown): void {
    failure.setIfNone(error)
    dials.ended()
  }

  function lost(cause: unknown): void {
    connection = undefined
    served = false
    failure.setIfNone(cause)
    tell('lost')
    dials.ended()
  }

  /** Names the connection. The answer counts also if it forbids the name. A server that is busy is asked again. */
  function greet(made: TendedConnection): void {
    if (made !== connection) return
    made.send(['CLIENT', 'SETNAME', name], undefined).then(
      () => works(made),
      (error: unknown) => {
        if (!(error instanceof ReplyError)) return
        if (isForbidden(error)) return works(made)
        failure.set(error)
        // The next connection may have the credentials that this server asks for.
        if (error.message.startsWith('NOAUTH')) return disconnect()
        setTimeout(greet, firstRetryMs, made).unref()
      },
    )
  }

  function works(made: TendedConnection): void {
    if (made !== connection || served) return
    dials.succeeded()
    failure.clear()
    served = true
    tell('ready')
  }

  function disconnect(): void {
    if (connection === undefined) return
    connection.close()
    lost(new Error('The connection was closed'))
  }

  function rest(): void {
    dials.rest()
    disconnect()
  }

  /** A master that became a replica, or credentials that a server asks for since: the next connection may be right. */
  function mindReply(error: unknown): never {
    if (error instanceof ReplyError && /^(?:READONLY|NOAUTH)/.test(error.message) && !isCluster) {
      failure.set(error)
      disconnect()
    }
    throw error
  }

  function send(args: readonly string[], key: string | undefined): Promise<unknown> {
    if (connection === undefined) return Promise.reject(new NotSent('There is no connection'))
    return connection.send(args, key).catch(mindReply)
  }

  const stop = onCallersEnd(rest)
  return {
    dial: dials.dial,
    isFirstAttempt: dials.isFirstAttempt,
    rest,
    end() {
      stop()
      dials.end()
      disconnect()
    },
    quit: async () => connection?.drained(),
    failure: failure.cause,
    progress() {
      if (connection !== undefined) return 'Redis has not answered on its connection yet'
      return hasTls() ? 'Redis has not answered the TLS handshake yet' : 'Redis has not accepted the connection yet'
    },
    useCredentials(given) {
      hook = given
    },
    isConnected: () => !isCluster && connection !== undefined,
    isReady: () => served,
    onConnected: (listener) => void listeners.connected.push(listener),
    onReady: (listener) => void listeners.ready.push(listener),
    onLost: (listener) => void listeners.lost.push(listener),
    send: (command, args) => send([command, ...args], args[0]),
    evaluate: (command, script, keys, args) => send([command.toUpperCase(), script, String(keys.length), ...keys, ...args], keys[0]),
    fateOf: (error) => (error instanceof LostReply ? 'lost' : error instanceof NotSent ? 'not sent' : undefined),
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'connect ETIMEDOUT'
}

/** Whether a server answered that it serves this connection, and not this command. */
function isForbidden({ message }: Error): boolean {
  return /NOPERM|unknown (?:sub)?command|syntax error|wrong number of arguments/i.test(message)
}
