/** The HTML report of `sluice simulate`, in a browser. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '@sluice/cli'
import { afterAll, expect, test } from 'vitest'
import { exampleFolder } from '../guides/example-log.ts'
import { chromiumOfFile } from './chromium.ts'

const open = await chromiumOfFile()
const folder = mkdtempSync(join(tmpdir(), 'sluice-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function* nothing(): AsyncGenerator<Uint8Array> {}

test('the report is styled, loads nothing, breaks no rule of its policy, and fits 360 pixels', async () => {
  const [policy, log] = ['policy.json', 'access.log.gz'].map((name) => fileURLToPath(new URL(name, exampleFolder)))
  const silent = { write: () => undefined }
  const args = ['simulate', policy!, log!, '--suggest', '1%', '--html', join(folder, 'report.html')]
  expect(await main(args, { stdin: nothing(), stdout: silent, stderr: silent, env: {} })).toBe(0)
  const page = await open()
  const messages: string[] = []
  const requests: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('request', (request) => requests.push(request.url()))
  await page.setViewportSize({ width: 360, height: 800 })
  await page.setContent(readFileSync(join(folder, 'report.html'), 'utf8'))
  expect(await page.locator('h1').textContent()).toBe('Version 1 would have refused 679 of 9,351 requests in 60 min (7.3 %).')
  expect(await page.evaluate("getComputedStyle(document.querySelector('section')).borderRadius")).toBe('8px')
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  expect([messages, requests]).toEqual([[], []])
})
