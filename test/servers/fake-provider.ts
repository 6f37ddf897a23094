/**
 * A provider of language models on loopback, in a process of its own. It speaks like OpenAI and Anthropic, counts requests and tokens in
 * sliding windows by its own clock, and refuses what is too much. It shares no code with the mirror.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compiled } from './compiled.ts'

export interface FakeProviderOptions {
  readonly requests: number
  readonly tokens: number
  readonly windowMs: number
  /** Time to the first byte. @default 20 */
  readonly latencyMs?: number
}

/** One call as the provider saw it. */
export interface Arrival {
  /** Milliseconds since the provider started. */
  readonly atMs: number
  readonly served: boolean
  /** Milliseconds since the call was booked, if it says so by `x-booked-us`, in the monotonic time of the machine. */
  readonly transitMs: number | undefined
}

/** What the fake provider has seen. */
export interface FakeProviderCounts {
  readonly calls: number
  readonly limited: number
  readonly served: number
  readonly arrivals: readonly Arrival[]
}

export interface FakeProvider extends AsyncDisposable {
  readonly url: string
  counts(): Promise<FakeProviderCounts>
  /** Forgets what it has counted and seen. */
  reset(): Promise<void>
}

/** Starts it in a process of its own, which ends with this one. */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const program = await compiled(fileURLToPath(new URL('fake-provider-process.ts', import.meta.url)))
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number))
    child.once('exit', () => reject(new Error('the fake provider ended before it listened')))
  })
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    counts: async () => (await (await fetch(`${url}/counts`)).json()) as FakeProviderCounts,
    reset: async () => void (await (await fetch(`${url}/reset`)).text()),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}
