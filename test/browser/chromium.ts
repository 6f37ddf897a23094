/** A real browser for the tests of one file, and a page that stands on an origin of its own. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import { afterAll } from 'vitest'
import { chromiumProgram } from '../servers/index.ts'

// Chromium's sandbox refuses to work for root, which is who runs tests in containers.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/**
 * Starts a browser, which ends with the file that calls this.
 * @returns opens the page, on an origin that no server of a test has. It remembers nothing of earlier tests, whose servers had other origins
 */
export async function chromiumOfFile(): Promise<() => Promise<Page>> {
  const browser = await chromium.launch({ executablePath: await chromiumProgram(), args })
  /** Answers an empty page to everybody. */
  const elsewhere = createServer((_request, response) => void response.setHeader('Content-Type', 'text/html').end('<!doctype html>'))
  elsewhere.listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  afterAll(async () => {
    await browser.close()
    elsewhere.closeAllConnections()
    elsewhere.close()
  })
  const page = await browser.newPage()
  return async () => {
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
    return page
  }
}
