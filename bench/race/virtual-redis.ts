/** A real Redis in virtual time: scripts are told the time, and time stands still while Redis works. */
import type { ScriptRunner } from '@sluice/egress'
import { Redis } from 'ioredis'
import { epochMs, type VirtualTime } from './virtual-time.ts'

/** Connections that are made in real time, before a race. */
export interface RedisConnections {
  readonly client: Redis
  /** The connection that hears messages. */
  readonly ears: Redis
}

/** Connects to a Redis and empties it. */
export async function connectRedis(port: number): Promise<RedisConnections> {
  const client = new Redis(port)
  const ears = client.duplicate()
  await Promise.all([client.flushall(), ears.ping()])
  return { client, ears }
}

export function disconnectRedis({ client, ears }: RedisConnections): void {
  client.disconnect()
  ears.disconnect()
}

/** A runner that counts. */
export interface VirtualRunner extends ScriptRunner {
  /** Scripts that were run. */
  readonly questions: number
}

/** The way to Redis, and the way back, in milliseconds. */
const wayMs = 0.5

/**
 * Runs scripts at the virtual time at which they reach Redis. A message takes one way, like an answer.
 *
 * Redis sends the messages of a script before its answer, but on another connection. The answer to a ping on that connection says that
 * they are all here.
 */
export function virtualRunner(time: VirtualTime, { client, ears }: RedisConnections): VirtualRunner {
  let questions = 0

  async function evaluate(
    { sha1, source }: { sha1: string; source: string },
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    // The last argument of every script is the time, for tests alone.
    const all = [String(keys.length), ...keys, ...args.slice(0, -1), String(Math.floor((epochMs + time.nowMs()) * 1000))]
    const answer = await client.callBuffer('evalsha', sha1, ...all).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.callBuffer('eval', source, ...all)
    })
    await ears.ping()
    return answer
  }

  return {
    get questions() {
      return questions
    },
    async run(script, keys, args) {
      questions += 1
      await time.sleep(wayMs)
      const answer = await time.during(evaluate(script, keys, args))
      await time.sleep(wayMs)
      return answer
    },
    listen(channel, heard) {
      ears.on('message', (from: string, message: string) => {
        if (from === channel) time.at(time.nowMs() + wayMs, () => heard(message))
      })
      void time.during(ears.subscribe(channel))
      return () => void ears.removeAllListeners('message')
    },
    async close() {},
  }
}
