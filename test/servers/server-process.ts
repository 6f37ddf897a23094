/** A server in a process of its own: started, watched until it is ready, stopped, paused and brought back by its pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { leash } from './leash.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ServerProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  /** Where `args` make it listen, on 127.0.0.1. */
  readonly port: number
  /** Working directory. */
  readonly dir: string
  /** Whether the directory goes when the server goes for good. */
  readonly removeDir: boolean
  /** What the server prints once it answers. */
  readonly ready: RegExp
}

export interface ServerProcess extends Address, AsyncDisposable {
  /** Of the running process, or of the last one; `restart()` brings a new one. */
  readonly pid: number
  /** Its working directory. */
  readonly dir: string
  /** Ends the server without a word to anybody and waits for the end. Its directory stays, so that `restart()` can bring it back. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Freezes the server (SIGSTOP): its sockets stay open and accept, but nothing is answered. */
  pause(): void
  /** Lets a frozen server go on (SIGCONT); it then answers what has piled up. */
  resume(): void
  /** Starts the server again, empty and at the same address; ends it first if it runs. */
  restart(): Promise<void>
  /** Ends the server for good. Calling it twice is harmless. */
  stop(): Promise<void>
}

const readyWithinMs = 30_000

/** Starts a server and waits until it is ready. The error of a failed start ends with the server's last words. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { port, dir, removeDir } = options
  const clean = async (): Promise<void> => {
    if (removeDir) await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  }
  let running = await launch(options).catch(async (error: unknown) => {
    await clean()
    throw error
  })

  const kill = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
    running.child.kill(signal)
    // A frozen process notices no other signal than SIGKILL before it goes on.
    running.child.kill('SIGCONT')
    running.child.ref()
    await running.ended
  }
  const stop = async (): Promise<void> => {
    await kill()
    await clean()
  }
  return {
    host: '127.0.0.1',
    port,
    dir,
    get pid() {
      return running.child.pid!
    },
    kill,
    pause: () => void running.child.kill('SIGSTOP'),
    resume: () => void running.child.kill('SIGCONT'),
    async restart() {
      await kill()
      running = await launch(options)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<void>
}

async function launch({ command, args, dir, removeDir, ready }: ServerProcessOptions): Promise<Running> {
  const child = spawn(command, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child, 'spawn')
  const release = leash(child.pid!, removeDir ? dir : '')
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void ended.then(release)
  try {
    await untilPrinted(child, ready)
  } catch (error) {
    child.kill('SIGKILL')
    await ended
    throw error
  }
  // A server that was not stopped must not keep the test process from ending.
  for (const handle of [child, child.stdout as Socket, child.stderr as Socket]) handle.unref()
  return { child, ended }
}

/** Resolves once the server has printed `ready`; that comes from this very process, as an answer on its port might not. */
function untilPrinted(child: ChildProcess, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (what: string): void => {
      clearTimeout(timer)
      reject(new Error(`${child.spawnargs.join(' ')}: ${what}. Its last words:\n${output.slice(-2000)}`))
    }
    const timer = setTimeout(fail, readyWithinMs, `not ready within ${readyWithinMs} ms`)
    const listen = (text: Buffer): void => {
      output += text.toString()
      if (!ready.test(output)) return
      clearTimeout(timer)
      // From here on the output is drained unread: a full pipe would stop the server.
      for (const stream of [child.stdout, child.stderr]) stream?.off('data', listen).resume()
      resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('close', () => fail('ended before it was ready'))
  })
}
