/** `sluice simulate` in a real terminal of 80 columns. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { exampleFolder } from '../guides/example-log.ts'
import { compiled, tmuxProgram, until } from '../servers/index.ts'

const run = promisify(execFile)
const tmux = await tmuxProgram()
const sluice = await compiled(fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'sluice-terminal-'))
const example = fileURLToPath(exampleFolder)
/** A server of tmux that no other session shares. */
const server = ['-S', join(folder, 'socket'), '-f', '/dev/null']

afterAll(async () => {
  await run(tmux, [...server, 'kill-server']).catch(() => undefined)
  rmSync(folder, { recursive: true })
})

/** Starts a shell command in a terminal of its own. The screen goes on after the command has ended. */
async function terminal(name: string, command: string): Promise<{ screen(): Promise<string>; press(key: string): Promise<unknown> }> {
  // The shell goes on where Ctrl-C ends the command.
  const script = `trap : INT; ${command}; echo "ended with $?"; exec cat`
  await run(tmux, [...server, 'new-session', '-d', '-s', name, '-x', '80', '-y', '60', 'bash', '-c', script])
  return {
    screen: async () => (await run(tmux, [...server, 'capture-pane', '-p', '-t', name])).stdout,
    press: (key) => run(tmux, [...server, 'send-keys', '-t', name, key]),
  }
}

async function seen(screen: () => Promise<string>, what: RegExp): Promise<string> {
  let text = ''
  const matches = async (): Promise<boolean> => {
    text = await screen()
    return what.test(text)
  }
  await until(matches, { what: `a screen that matches ${what.source}`, withinMs: 30_000 })
  return text
}

test('draws the report and its plot in 80 columns, and leaves no progress bar behind', async () => {
  const { screen } = await terminal('report', `'${process.execPath}' '${sluice}' simulate ${example}policy.json ${example}access.log.gz`)
  const text = await seen(screen, /ended with 0/)
  expect(text.split('\n')[0]).toBe('Version 1 would have refused 679 of 9,351 requests in 60 min (7.3 %).')
  expect(text).toMatch(/^ {6}276 \| +#$/m)
  expect(text).not.toContain('] 100 %')
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('shows how far it is, and ends at Ctrl-C', async () => {
  const { screen, press } = await terminal(
    'stopped',
    `(zcat ${example}access.log.gz; exec sleep 600) | '${process.execPath}' '${sluice}' simulate ${example}policy.json -`,
  )
  await seen(screen, /^[\d,]+ lines$/m)
  await press('C-c')
  expect(await seen(screen, /ended with 130/)).not.toContain('Error')
})
