/** A real Redis of a test's own: empty, on a free port, gone afterwards. */
import { mkdtemp, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { redisProgram } from './redis-program.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export interface RedisServer extends ServerProcess {
  /** A file by which clients may come too. A round trip over TCP takes much more CPU time. */
  readonly socket: string
}

export interface RedisServerOptions {
  /** @default a free one */
  readonly port?: number
  /** More of the server's options, e.g. `['--requirepass', 'secret']`. */
  readonly args?: readonly string[]
  /** Working directory, left in place by `stop()`. @default a temporary one that `stop()` removes */
  readonly dir?: string
}

/** Starts a Redis that keeps nothing on disk and listens on 127.0.0.1 only, and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  if (options.port !== undefined) return startOn(options.port, options)
  try {
    return await startOn(await freePort(), options)
  } catch (error) {
    // Another worker may have bound the port between the question and the answer.
    if (!/Address already in use/.test(String(error))) throw error
    return startOn(await freePort(), options)
  }
}

async function startOn(port: number, { args = [], dir }: RedisServerOptions): Promise<RedisServer> {
  const command = await redisProgram()
  const home = dir ?? (await temporaryDir())
  const socket = join(home, 'clients')
  const server = await startServerProcess({
    command,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket],
      ...['--dir', home, '--save', '', '--appendonly', 'no', ...args],
    ],
    port,
    dir: home,
    removeDir: dir === undefined,
    ready: /Ready to accept connections/,
  })
  const { stop: end } = server
  const stop = async (): Promise<void> => {
    // A killed Redis leaves it behind. To remove it with its folder, Node would look at it first. By a fault of Node 20, the next
    // `require` then takes a symbolic link for what it links to.
    await unlink(socket).catch(() => undefined)
    await end()
  }
  return Object.assign(server, { socket, stop, [Symbol.asyncDispose]: stop })
}

/** A fresh directory under the system's temporary one. */
export function temporaryDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sluice-redis-'))
}
