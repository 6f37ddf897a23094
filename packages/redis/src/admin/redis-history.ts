/** The history of quotas in Redis: what each process knows of a minute, in one hash for each key and ten minutes, which expires by itself. */
import { SluiceError } from '@sluice/core'
import { checkOptions, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { connectLike } from '../connection/connection.ts'
import type { RedisClient } from '../connection/redis-client.ts'
import { supportedClient } from '../connection/supported-client.ts'
import { listOf, textOf } from '../wire/replies.ts'

/** Options of {@link redisHistory}. */
export interface RedisHistoryOptions {
  /** Begins every key, after the `keyPrefix` of the client. @default 'sluice' */
  readonly prefix?: string | undefined
}

/** What one process knows of one minute of a key. */
export interface HistoryMinute {
  /** Minutes since 1970. */
  readonly at: number
  readonly used: number
  readonly refused: number
  readonly near: boolean
}

/** What `quotaHistory` takes as `shared`. */
export interface RedisHistory {
  write(minutes: readonly (HistoryMinute & { readonly name: string; readonly writer: string })[]): Promise<void>
  read(name: string, now: number): Promise<{ readonly since: number; readonly minutes: readonly HistoryMinute[] } | undefined>
}

const minutesInHash = 10
/** An hour, the minutes of a whole hash, and what clocks of processes differ by. */
const lifetimeSeconds = 80 * 60
/** How long one command waits for a connection, in milliseconds. */
const patienceMs = 1000

/**
 * One history of all processes. It works on the
 * connection that the stores of this client share, beside requests: a process writes the minutes that have changed
 * once a second. Keys of clients are in the names of its hashes, as they are in the keys of buckets.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const history = quotaHistory(limiter, { shared: redisHistory(new Redis()) })
 * ```
 */
export function redisHistory(client: RedisClient, options: RedisHistoryOptions = {}): RedisHistory {
  checkOptions(options, 'redisHistory', ['prefix'])
  const callers = supportedClient(client)
  const { prefix = 'sluice' } = options
  if (typeof prefix !== 'string') throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'prefix', wanted: 'a text', value: prefix })
  const start = `${callers.keyPrefix}${prefix}:history:`
  const sinceKey = `${start}since`
  const hashOf = (name: string, ten: number): string => `${start}${ten}:${name}`
  const connection = connectLike(callers)
  const send = (command: string, ...args: string[]): Promise<unknown> => connection.command(command, args, performance.now() + patienceMs)

  return {
    async write(minutes) {
      const hashes = new Map<string, string[]>()
      for (const { name, writer, at, used, refused, near } of minutes) {
        const key = hashOf(name, Math.floor(at / minutesInHash))
        const fields = hashes.get(key) ?? []
        hashes.set(key, fields)
        fields.push(`${at} ${writer}`, `${used} ${refused} ${near ? 1 : 0}`)
      }
      const first = minutes.reduce((earliest, { at }) => Math.min(earliest, at), Number.POSITIVE_INFINITY)
      // Sent together, but not as one pipeline: in a Cluster each hash has a slot of its own.
      await Promise.all([
        send('SET', sinceKey, String(first), 'EX', String(2 * lifetimeSeconds), 'NX').then(() =>
          send('EXPIRE', sinceKey, String(2 * lifetimeSeconds)),
        ),
        ...[...hashes].flatMap(([key, fields]) => [send('HSET', key, ...fields), send('EXPIRE', key, String(lifetimeSeconds))]),
      ])
    },
    async read(name, now) {
      const tens = Array.from({ length: 7 }, (_, i) => Math.floor(now / minutesInHash) - i)
      const [since, ...hashes] = await Promise.all([send('GET', sinceKey), ...tens.map((ten) => send('HGETALL', hashOf(name, ten)))])
      if (since === null) return undefined
      return { since: Number(since), minutes: hashes.flatMap((hash) => pairsOf(hash).map(minuteIn)) }
    },
  }
}

/** The fields and values of a hash, which Redis replies in turn. */
function pairsOf(reply: unknown): [field: string, value: string][] {
  const texts = listOf(reply, 0).map(textOf)
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i]!, texts[2 * i + 1]!])
}

function minuteIn([field, value]: [field: string, value: string]): HistoryMinute {
  const [used = '', refused = '', near] = value.split(' ')
  return { at: Number.parseInt(field, 10), used: Number(used), refused: Number(refused), near: near === '1' }
}
