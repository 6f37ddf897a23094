/**
 * A connection of any library, tended: what is in flight fails when it is lost, and it is given up if the server owes answers and is silent.
 *
 * One timer checks a connection, only while a command is in flight, and counts its checks. Between two of them what has arrived is read, however
 * late the second one is. So a process that was busy for longer loses no answer.
 */
import type { RedisConnector } from './redis-connector.ts'

/** Milliseconds for which a server may stay silent with commands before it, or be dialled, until the connection is given up. */
export const silentMs = 1000
/** Milliseconds between looks. */
const betweenLooksMs = 100

/** A connection that is there. */
export interface TendedConnection {
  /** Sends a command once. @throws ReplyError, {@link LostReply}, {@link NotSent} */
  send(args: readonly string[], key: string | undefined): Promise<unknown>
  /** Ends the connection. What is in flight fails, and `lost` is not called. */
  close(): void
  /** Waits until nothing is in flight. */
  drained(): Promise<void>
}

/** What the server has replied. */
export class ReplyError extends Error {
  static {
    ReplyError.prototype.name = 'ReplyError'
  }
}

/** The connection was lost while a command was in flight: the server may have carried it out. */
export class LostReply extends Error {}

/** The command was never sent. */
export class NotSent extends Error {}

/**
 * Waits for a connection, not longer than a server may be silent.
 * @param whenLost - called back once if the connection is lost after that
 * @param leadsTo - a Cluster is not given up where one of its nodes is silent
 * @throws why there is none
 */
export function openTended(
  open: RedisConnector['connect'],
  whenLost: (cause: unknown) => void,
  leadsTo: 'one server' | 'Cluster' = 'one server',
): Promise<TendedConnection> {
  return new Promise((resolve, reject) => {
    let connection: Tending | undefined
    let failed = false
    const fail = (cause: unknown): void => {
      clearTimeout(timer)
      if (connection === undefined) failed = true
      if (connection === undefined) reject(cause as Error)
      else if (connection.fail(cause)) whenLost(cause)
    }
    const timer = setTimeout(() => fail(new Error('connect ETIMEDOUT')), silentMs)
    timer.unref()
    void Promise.resolve()
      .then(() => open(fail))
      .then((raw) => {
        clearTimeout(timer)
        if (failed) return void raw.close()
        connection = tending(raw, fail, leadsTo === 'one server')
        resolve(connection)
      }, fail)
  })
}

interface Tending extends TendedConnection {
  /** Fails what is in flight. @returns whether the connection was there until now */
  fail(cause: unknown): boolean
}

type RawConnection = Awaited<ReturnType<RedisConnector['connect']>>

function tending(raw: RawConnection, lost: (cause: unknown) => void, watches: boolean): Tending {
  /** Of each command in flight: what fails it. */
  const inFlight = new Set<(error: Error) => void>()
  const waiting: (() => void)[] = []
  let ended = false
  let watching = !watches
  let repliesSeen = 0
  let replies = 0
  let silentLooks = 0

  function attend(): void {
    if (watching) return
    watching = true
    silentLooks = 0
    // Timers come before what has arrived is read, and immediates after it.
    setTimeout(() => setImmediate(look), betweenLooksMs).unref()
  }

  function look(): void {
    watching = false
    if (ended || inFlight.size === 0) return
    const looks = replies === repliesSeen ? silentLooks + 1 : 1
    repliesSeen = replies
    if (looks * betweenLooksMs >= silentMs) {
      lost(new Error(`Redis owed an answer and was silent for ${silentMs} ms`))
      return
    }
    attend()
    silentLooks = looks
  }

  function done(fail: (error: Error) => void): void {
    replies += 1
    inFlight.delete(fail)
    if (inFlight.size === 0) for (const go of waiting.splice(0)) go()
  }

  function end(cause: unknown): boolean {
    if (ended) return false
    ended = true
    for (const fail of inFlight) fail(new LostReply('The connection was lost', { cause }))
    inFlight.clear()
    for (const go of waiting.splice(0)) go()
    raw.close()
    return true
  }

  return {
    send(args, key) {
      if (ended) return Promise.reject(new NotSent('The connection is lost'))
      return new Promise((resolve, reject) => {
        inFlight.add(reject)
        if (!watching) attend()
        raw.send(args, key).then(
          (reply) => {
            done(reject)
            resolve(reply)
          },
          (error: unknown) => {
            done(reject)
            reject(asReply(error))
          },
        )
      })
    },
    close: () => void end(new Error('The connection was closed')),
    drained: () => (inFlight.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    fail: end,
  }
}

/** Where the connection is not lost, a command fails only by an error reply. Nothing else that the error has is used. */
function asReply(error: unknown): Error {
  if (error instanceof LostReply || error instanceof NotSent || error instanceof ReplyError) return error
  return new ReplyError(error instanceof Error ? error.message : String(error), { cause: error })
}
