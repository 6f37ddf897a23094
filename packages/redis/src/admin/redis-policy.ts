/** A policy in a Redis key: one document for many processes, each of which reads it twice a second. */
import { type Duration, SluiceError } from '@sluice/core'
import { checkOptions, parseDuration, SLUICE_OPTION_TYPE, SLUICE_POLICY_SOURCE, wholeNumber } from '@sluice/core/internal'
import { connectLike } from '../connection/connection.ts'
import type { RedisClient } from '../connection/redis-client.ts'
import { supportedClient } from '../connection/supported-client.ts'

/** Options of {@link redisPolicy}. */
export interface RedisPolicyOptions {
  /** Time between two reads of the key, from 10 ms to 1 s. @default '500ms' */
  readonly interval?: Duration | undefined
}

/** A document in Redis, as a source for `followPolicy` of `@sluice/policy`. */
export interface RedisPolicy {
  /** The document as it is now. @throws SluiceError `SLUICE_POLICY_SOURCE` if there is none, or Redis does not answer */
  read(): Promise<string>
  /** Calls back when the document may have changed. @returns a function that stops it */
  watch(changed: () => void): () => void
  /** Stops all watching and ends the connection, which also ends with the client that it was made of. */
  close(): Promise<void>
}

/** How long one read waits for a connection, in milliseconds. */
const patienceMs = 1000

/**
 * A policy in a Redis key: `SET` it, and every process that follows it has read it within a second.
 *
 * The key is read again and again. A subscription would miss a message that comes while the process is away, and needs a setting of the
 * server. While Redis cannot be reached, the current policy stays in force.
 * @example
 * const source = redisPolicy(new Redis(), 'sluice:policy')
 * const policy = await followPolicy({ source })
 * @param client - any that `redisStore` takes; it stays the caller's
 * @param key - of the JSON document, as the client would name it: its `keyPrefix` comes before it
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`
 */
export function redisPolicy(client: RedisClient, key: string, options: RedisPolicyOptions = {}): RedisPolicy {
  const callers = supportedClient(client)
  if (typeof key !== 'string' || key === '')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'key', wanted: 'the name of a Redis key', value: key })
  checkOptions(options, 'redisPolicy', ['interval'])
  const intervalMs = wholeNumber(parseDuration(options.interval ?? '500ms', 'interval'), 'interval in milliseconds', 10, 1000)
  const connection = connectLike(callers)
  const name = callers.keyPrefix + key
  const look = (): Promise<string | null> => connection.read(name, performance.now() + patienceMs)
  const watchers = keyWatchers(look, intervalMs)

  async function read(): Promise<string> {
    watchers.readFailed(true)
    // The connection does not keep the process alive, and a caller waits here.
    const alive = setTimeout(() => {}, 2 * patienceMs)
    const text = await look()
      .finally(() => clearTimeout(alive))
      .catch((cause: unknown) => {
        if (cause instanceof SluiceError) throw cause
        const reason = `${name} in Redis: ${cause instanceof Error ? cause.message : String(cause)}`
        throw new SluiceError(SLUICE_POLICY_SOURCE, { reason }, { cause })
      })
    if (text === null) throw new SluiceError(SLUICE_POLICY_SOURCE, { reason: `there is no key ${name} in Redis` })
    watchers.readFailed(false)
    return text
  }

  return {
    read,
    watch: watchers.watch,
    close() {
      watchers.stopAll()
      return connection.close()
    },
  }
}

/** Watchers of one key. */
interface KeyWatchers {
  watch(changed: () => void): () => void
  stopAll(): void
  /** Whether the latest read failed. Then a watcher that was called has not seen the change, and is called again. */
  readFailed(failed: boolean): void
}

function keyWatchers(look: () => Promise<string | null>, intervalMs: number): KeyWatchers {
  const stops = new Set<() => void>()
  let unread = false

  function watch(changed: () => void): () => void {
    let lastText: string | null | undefined
    let timer: ReturnType<typeof setTimeout>
    const stop = (): void => {
      clearTimeout(timer)
      stops.delete(stop)
    }
    const wait = (): void => {
      timer = setTimeout(() => void turn(), intervalMs)
      timer.unref()
    }
    async function turn(): Promise<void> {
      // While Redis is away nothing is known to have changed. An error that Redis replies is reported in full by the read that follows.
      const text = await look().catch((error: Error) => (error.name === 'ReplyError' ? null : undefined))
      if (!stops.has(stop)) return
      wait()
      if (text === undefined) return
      const isNews = text !== lastText || unread
      lastText = text
      if (isNews) changed()
    }
    stops.add(stop)
    wait()
    return stop
  }

  return {
    watch,
    stopAll() {
      for (const stop of stops) stop()
    },
    readFailed(failed) {
      unread = failed
    },
  }
}
