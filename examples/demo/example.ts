/** An example in a process of its own, compiled first: a process that compiles by itself takes four times the CPU time to start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { compiled } from '@sluice/test/servers'

/** A running example. */
export interface Example extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /** Resolves once the process has ended. */
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const patienceMs = 30_000

/** Run by the example first: it ends when the channel between us closes, that is, when we end, in whatever way. */
const endWithParent = 'data:text/javascript,process.on("disconnect",()=>process.exit());process.channel.unref()'

/** What Node runs for an example. */
const programOf = async (name: string): Promise<readonly string[]> => [await compiled(`${root}examples/${name}.ts`)]

/**
 * Starts `examples/<name>.ts` on a free port, and waits until it listens.
 * @param env - what it finds in its environment, beside ours
 * @param args - the arguments of Node, where it is not to be compiled first
 */
export async function startExample(name: string, env: Readonly<Record<string, string>> = {}, args?: readonly string[]): Promise<Example> {
  const child = spawn(process.execPath, ['--import', endWithParent, ...(args ?? (await programOf(name)))], {
    cwd: root,
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  try {
    return { url: await urlOf(child, name), stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Runs `examples/<name>.ts` to its end.
 * @param env - what it finds in its environment, beside ours
 * @param meanwhile - is called when it has started
 * @returns what it has printed
 */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<string> {
  const child = spawn(process.execPath, ['--import', endWithParent, ...(await programOf(name))], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = once(child, 'exit')
  await Promise.all([ended, meanwhile()])
  if (child.exitCode !== 0) throw new Error(`The example ${name} failed.`)
  return output
}

/** The address that an example prints when it listens. */
function urlOf(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (what: string): void => reject(new Error(`The example ${name} ${what}. Its last words:\n${output.slice(-2000)}`))
    const timer = setTimeout(fail, patienceMs, `did not listen within ${patienceMs / 1000} seconds`)
    const listen = (chunk: Buffer): void => {
      output += chunk.toString()
      const url = /listening on (http:\S+)\n/.exec(output)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', (error) => fail(`could not be started: ${error.message}`))
    child.once('exit', () => {
      clearTimeout(timer)
      fail('ended before it listened')
    })
  })
}
