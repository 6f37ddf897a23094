/** A server in a process of its own, so that the load does not slow it down. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Contender } from './contenders.ts'

export interface ServerProcess {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one contender. */
export async function startServer(contender: Contender): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL('./run-server.js', import.meta.url)), [contender], { execArgv: [] })
  const gone = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The server ended with ${String(code)}`)))
  const [{ url }] = (await Promise.race([once(child, 'message'), gone])) as [{ url: string }]
  return {
    url,
    async stop() {
      child.disconnect()
      await gone.catch(() => undefined)
    },
  }
}
