/** Real terminals of 80 columns, in which tests run the command line. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'
import { compiled, tmuxProgram, until } from '../servers/index.ts'

const run = promisify(execFile)

/** A terminal in which a command runs. */
export interface Terminal {
  /** Waits for a screen. @returns its text */
  seen(what: RegExp): Promise<string>
  press(key: string): Promise<unknown>
}

/**
 * The terminals of a test file. Await it at the top of the file: tmux may have to be installed first.
 * @returns starts a shell command in a terminal of its own. `sluice` in it is the command line. The screen goes on after the command has ended.
 */
export async function terminalsOfFile(): Promise<(name: string, command: string) => Promise<Terminal>> {
  const tmux = await tmuxProgram()
  const sluice = await compiled(fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url)))
  const folder = mkdtempSync(join(tmpdir(), 'sluice-terminal-'))
  /** A server of tmux that no other session shares. */
  const server = ['-S', join(folder, 'socket'), '-f', '/dev/null']
  afterAll(async () => {
    await run(tmux, [...server, 'kill-server']).catch(() => undefined)
    rmSync(folder, { recursive: true })
  })
  return async (name, command) => {
    // The shell goes on where Ctrl-C ends the command.
    const script = `sluice() { '${process.execPath}' '${sluice}' "$@"; }; trap : INT; ${command}; echo "ended with $?"; exec cat`
    await run(tmux, [...server, 'new-session', '-d', '-s', name, '-x', '80', '-y', '60', 'bash', '-c', script])
    const screen = async (): Promise<string> => (await run(tmux, [...server, 'capture-pane', '-p', '-t', name])).stdout
    return {
      async seen(what) {
        let text = ''
        const matches = async (): Promise<boolean> => {
          text = await screen()
          return what.test(text)
        }
        await until(matches, { what: `a screen that matches ${what.source}`, withinMs: 30_000 })
        return text
      },
      press: (key) => run(tmux, [...server, 'send-keys', '-t', name, key]),
    }
  }
}
