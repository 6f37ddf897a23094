/** Runs one command of the workshop quietly and hands back what it said. */
import { spawn } from 'node:child_process'

/** A program and its arguments, without a shell between. */
export type Command = readonly [program: string, ...args: string[]]

/** How a command ended. */
export interface Ended {
  readonly ok: boolean
  /** Standard output and standard error, in the order in which they arrived. */
  readonly output: string
}

/** No command of the workshop takes longer than this; one that does hangs. */
const timeoutMs = 5 * 60_000

/** Runs `command` to its end; a program that cannot be started, or hangs, counts as failed. */
export function run([program, ...args]: Command, cwd: string = process.cwd()): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs })
    let output = ''
    const keep = (chunk: string): void => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }))
    child.on('close', (code, signal) => resolve({ ok: code === 0, output: signal === null ? output : `${output}ended by ${signal}\n` }))
  })
}

/** Runs `command` and fails with its output when it fails. */
export async function mustRun(command: Command, cwd?: string): Promise<string> {
  const { ok, output } = await run(command, cwd)
  if (!ok) throw new Error(`${command.join(' ')} failed\n${output}`)
  return output
}
