/** What processes tell each other of their figures: a text of each process, which expires by itself. */
import { SluiceError } from '@sluice/core'
import { checkOptions, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { connectLike } from '../connection/connection.ts'
import type { RedisClient } from '../connection/redis-client.ts'
import { supportedClient } from '../connection/supported-client.ts'
import { listOf, textOf } from '../wire/replies.ts'

/** Options of {@link redisLive}. */
export interface RedisLiveOptions {
  /** Begins every key, after the `keyPrefix` of the client. @default 'sluice' */
  readonly prefix?: string | undefined
}

/** What `createLiveView` takes as `shared`. */
export interface RedisLive {
  publish(id: string, text: string): Promise<void>
  collect(): Promise<readonly string[]>
}

/** A process that has said nothing for so long is gone. */
const lifetimeSeconds = 5
/** Processes that are read at once. */
const mostProcesses = 100
/** How long one command waits for a connection, in milliseconds. */
const patienceMs = 1000

/**
 * The figures of all processes on one Redis, for the page of operators. Each process writes a text once a second, which expires after five
 * seconds, and reads those of up to 100 processes while somebody looks. It works on the connection that the stores of this client share. The
 * keys that are refused most are in the text, as they are in the keys of buckets.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [app.sluice], shared: redisLive(new Redis()) })
 * ```
 */
export function redisLive(client: RedisClient, options: RedisLiveOptions = {}): RedisLive {
  checkOptions(options, 'redisLive', ['prefix'])
  const callers = supportedClient(client)
  const { prefix = 'sluice' } = options
  if (typeof prefix !== 'string') throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'prefix', wanted: 'a text', value: prefix })
  const start = `${callers.keyPrefix}${prefix}:live:`
  /** The names of the processes, in a hash that expires after the last of them. */
  const namesKey = `${start}processes`
  const connection = connectLike(callers)
  const send = (command: string, ...args: string[]): Promise<unknown> => connection.command(command, args, performance.now() + patienceMs)

  return {
    async publish(id, text) {
      // Sent together, but not as one pipeline: in a Cluster each key has a slot of its own.
      await Promise.all([
        send('SET', `${start}${id}`, text, 'EX', String(lifetimeSeconds)),
        send('HSET', namesKey, id, ''),
        send('EXPIRE', namesKey, String(2 * lifetimeSeconds)),
      ])
    },
    async collect() {
      const ids = listOf(await send('HKEYS', namesKey), 0)
        .map(textOf)
        .slice(0, mostProcesses)
      const texts = await Promise.all(ids.map((id) => send('GET', `${start}${id}`)))
      const gone = ids.filter((_, i) => texts[i] === null)
      if (gone.length > 0) await send('HDEL', namesKey, ...gone)
      return texts.filter((text) => text !== null).map(textOf)
    },
  }
}
