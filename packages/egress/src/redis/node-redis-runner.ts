/** Runs the scripts of the mirror by a client of node-redis 5 or 6. */
import type { ScriptRunner } from './script-runner.ts'

/** The part of a client of node-redis 5 or 6, made by `createClient`, that is used. */
export interface NodeRedisLike {
  duplicate(overrides: object): NodeRedisLike
  connect(): Promise<unknown>
  sendCommand(args: string[], options: object): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  on(event: string, listener: () => void): unknown
  destroy(): void
}

/** What RESP 2 does not have is turned off with it. */
const plain = { RESP: 2, maintNotifications: 'disabled', clientSideCache: undefined, emitInvalidate: false }

/** Replies with texts as buffers: the code of a bulk string in RESP is that of `$`. */
const withBuffers = { typeMapping: { 36: Buffer }, timeout: undefined }

/**
 * Runs scripts on connections of its own, made like that of the client. A command whose answer was lost is not sent again: a second
 * take would book a second time.
 *
 * The two connections keep the process alive until `close()`. It takes clients of one server, and neither Sentinels nor a Cluster.
 * @example
 * const runner = nodeRedisRunner(createClient())
 * const openai = createProvider({ name: 'openai', limits, store: redisMirrors(runner) })
 */
export function nodeRedisRunner(client: NodeRedisLike): ScriptRunner {
  // With its queue, a command would wait for a connection and be sent after its caller has given up.
  const own = connecting(client.duplicate({ ...plain, disableOfflineQueue: true }))
  const ears = connecting(client.duplicate(plain))
  const listeners = new Map<string, Set<(message: string) => void>>()
  const send = async (...args: string[]): Promise<unknown> => {
    await own.connected
    return own.client.sendCommand(args, withBuffers)
  }
  return {
    run: (script, keys, args) =>
      send('EVALSHA', script.sha1, String(keys.length), ...keys, ...args).catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return send('EVAL', script.source, String(keys.length), ...keys, ...args)
      }),
    listen(channel, heard) {
      const known = listeners.get(channel)
      if (known === undefined) {
        const all = new Set([heard])
        listeners.set(channel, all)
        const tell = (message: string): void => {
          for (const one of all) one(message)
        }
        // A hint that is not heard costs time only: the process asks again after the wait that it knows.
        void ears.connected.then(() => ears.client.subscribe(channel, tell)).catch(() => {})
      } else known.add(heard)
      return () => void listeners.get(channel)?.delete(heard)
    },
    async close() {
      own.client.destroy()
      ears.client.destroy()
    },
  }
}

/** Connects a client now. Questions wait for the first attempt; one that fails is made again by node-redis. */
function connecting(client: NodeRedisLike): { readonly client: NodeRedisLike; readonly connected: Promise<void> } {
  let go: () => void
  const connected = new Promise<void>((resolve) => {
    go = resolve
  })
  // A question that fails says so itself; without a listener node-redis ends the process.
  client.on('error', () => go())
  client.connect().then(
    () => go(),
    () => go(),
  )
  return { client, connected }
}
