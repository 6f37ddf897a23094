/** A server in a process of its own, so that its CPU time is the server's alone. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Framework, Traffic } from './contenders.ts'

export interface ServerProcess {
  readonly url: string
  /** CPU time of the process since it began, in microseconds. */
  cpuUs(): Promise<number>
  stop(): Promise<void>
}

/**
 * Starts one contender.
 * @param programs - the folder of the compiled benchmarks whose packages are measured
 */
export async function startServer(
  framework: Framework,
  contender: string,
  traffic: Traffic,
  programs: URL = new URL('../', import.meta.url),
): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL('http/run-server.js', programs)), [framework, contender, traffic], { execArgv: [] })
  const { port } = await messageOf<{ port: number }>(child)
  return {
    url: `http://127.0.0.1:${port}`,
    async cpuUs() {
      child.send('cpu')
      return (await messageOf<{ cpuUs: number }>(child)).cpuUs
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController()
  try {
    const [message] = (await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => Promise.reject(new Error(`A server ended with ${String(code)}`))),
    ])) as [T]
    return message
  } finally {
    ended.abort()
  }
}
