/** The guide "Choosing limits from your own log" shows what its commands print. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { main } from '@sluice/cli'
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { exampleFolder, exampleLog } from './example-log.ts'

const blocks = snippetsOf('docs/guides/limits-from-your-log.md')
const examples = blocks.flatMap(({ language, text }, at) => (language === 'text' ? [[blocks[at - 1]!.text.trim(), text] as const] : []))

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function output(command: string): Promise<string> {
  let out = ''
  const stdout = {
    write: (text: string) => {
      out += text
    },
  }
  const [, ...args] = command.split(' ').map((arg) => (/\.(json|gz)$/.test(arg) ? fileURLToPath(new URL(arg, exampleFolder)) : arg))
  expect(await main(args, { stdin: nothing(), stdout, stderr: stdout, env: {} })).toBe(0)
  return out
}

test('the log of the example is what its seed makes', () => {
  const packed = readFileSync(new URL('access.log.gz', exampleFolder))
  expect(gunzipSync(packed).toString() === exampleLog()).toBe(true)
})

test('the guide shows what four commands print', () => {
  expect(examples.map(([command]) => command)).toEqual([
    'sluice explain policy.json',
    'sluice simulate policy.json access.log.gz',
    'sluice simulate policy.json access.log.gz --suggest 1%',
    'sluice simulate larger.json access.log.gz',
  ])
})

test.each(examples)('`%s` prints what the guide shows', async (command, text) => {
  const printed = await output(command)
  // The third one shows the end alone.
  expect(command.includes('--suggest') ? printed.slice(-text.length) : printed).toBe(text)
})
