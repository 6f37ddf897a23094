/** What the mirror needs of Redis: to run a script once, and to hear messages. */

import type { Script } from './scripts.generated.ts'

export interface ScriptRunner {
  /**
   * Runs a script at most once. It is never sent again, except when the server said that it does not know it.
   * @returns its reply, with texts as buffers, because some are packed numbers
   */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** @returns a function that stops the listening */
  listen(channel: string, heard: (message: string) => void): () => void
  close(): Promise<void>
}

/** The part of a client of ioredis 5 or 6 that is used. */
export interface IoredisLike {
  duplicate(options?: object): IoredisLike
  callBuffer(command: string, ...args: string[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  disconnect(): void
}

/**
 * Runs scripts on connections of its own, made like that of the client. A command whose answer was lost is not sent again: a second
 * take would book a second time.
 *
 * The two connections keep the process alive until `close()`.
 * @example
 * const runner = ioredisRunner(new Redis())
 * const openai = createProvider({ name: 'openai', limits, store: redisMirrors(runner) })
 */
export function ioredisRunner(client: IoredisLike): ScriptRunner {
  const own = client.duplicate({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 })
  const ears = client.duplicate({})
  const listeners = new Map<string, Set<(message: string) => void>>()
  // A question that fails says so itself; without a listener ioredis prints the errors.
  own.on('error', () => {})
  ears.on('error', () => {})
  ears.on('message', (channel: string, message: string) => {
    for (const heard of listeners.get(channel) ?? []) heard(message)
  })
  return {
    run: (script, keys, args) =>
      own.callBuffer('evalsha', script.sha1, String(keys.length), ...keys, ...args).catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return own.callBuffer('eval', script.source, String(keys.length), ...keys, ...args)
      }),
    listen(channel, heard) {
      const known = listeners.get(channel)
      if (known === undefined) {
        listeners.set(channel, new Set([heard]))
        // A hint that is not heard costs time only: the process asks again after the wait that it knows.
        ears.subscribe(channel).catch(() => {})
      } else known.add(heard)
      return () => void listeners.get(channel)?.delete(heard)
    },
    async close() {
      own.disconnect()
      ears.disconnect()
    },
  }
}
