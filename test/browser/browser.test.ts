/** What a real browser makes of our answers: scripts of another origin read them, and people see a page. */

import { type AdapterUnderTest, memoryUnderTest, quotaOf, type RunningSite } from '@sluice/conformance/adapter'
import { memoryStore, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express from 'express'
import express4 from 'express4'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expressUnderTest } from '../adapters/express.ts'
import { fastify } from '../adapters/fastify.ts'
import { hono } from '../adapters/hono.ts'
import { node } from '../adapters/node.ts'
import { accessFaults } from './access-faults.ts'
import { chromiumOfFile } from './chromium.ts'

const openPage = await chromiumOfFile()

const adapters: Readonly<Record<string, AdapterUnderTest>> = {
  Fastify: fastify,
  'Express 5': expressUnderTest(express),
  'Express 4': expressUnderTest(express4),
  'node:http': node,
  Hono: hono,
}
const two: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }
const exposed = ['RateLimit', 'RateLimit-Policy', 'Retry-After']

/** What a script sees of an answer. */
interface Seen {
  readonly status: number
  /** By name in lower case: those that the browser lets it read. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Asks from within the page. The header is one that no browser sends to another origin before a preflight has allowed it. */
function ask(page: Page, url: string): Promise<Seen> {
  return page.evaluate(async (to) => {
    const response = await fetch(to, { headers: { 'X-Shop': 'corner' }, cache: 'no-store' })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }, url)
}

describe.each(Object.entries(adapters))('a browser in front of %s', (_name, adapter) => {
  async function open(
    corsExposes: readonly string[],
    limit = two,
  ): Promise<{ readonly page: Page; readonly url: string; readonly site: RunningSite }> {
    const site = await adapter.start({ guard: { store: memoryUnderTest().store, limits: [limit] }, routes: [{ path: '/' }], corsExposes })
    const page = await openPage()
    onTestFinished(() => site.close())
    return { page, site, url: `http://127.0.0.1:${site.port}/` }
  }

  test('lets a script of another origin read where it stands, charges no preflight, and refuses none', async () => {
    const { page, site, url } = await open(exposed)
    const [first, second, refused] = [await ask(page, url), await ask(page, url), await ask(page, url)]
    expect([first.status, second.status, refused.status]).toEqual([200, 200, 429])
    expect([first, second, refused].map((answer) => quotaOf(answer).ip)).toEqual([
      { q: 2, w: 3600, r: 1, t: 1800 },
      { q: 2, w: 3600, r: 0, t: 1800 },
      { q: 2, w: 3600, r: 0, t: 1800 },
    ])
    expect([first, refused].map(({ headers }) => headers['retry-after'])).toEqual([undefined, '1800'])
    expect(JSON.parse(refused.body)).toMatchObject({ status: 429, detail: 'Slow down - try again in 30 minutes.' })
    expect((await site.admin.inspect('ip', '127.0.0.1'))?.remaining).toBe(0)
  })

  test('hides from it what the application does not expose', async () => {
    const { page, url } = await open([])
    const answers = [await ask(page, url), await ask(page, url), await ask(page, url)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    for (const { headers } of answers) expect(Object.keys(headers).filter((name) => /ratelimit|retry/.test(name))).toEqual([])
  })

  test('shows people a page that says what to do', async () => {
    // Empty from the start, since browsers also ask for an icon, which is counted when they get round to it.
    const { page, url } = await open(exposed, { ...two, initial: 0 })
    expect((await page.goto(url))?.status()).toBe(429)
    expect(await page.title()).toBe('Too many requests')
    expect(await page.getByRole('heading').textContent()).toBe('Slow down - try again in 30 minutes.')
    expect(await page.getByText('ip: 2 an hour').isVisible()).toBe(true)
  })
})

describe('the page of a refusal', () => {
  async function open(limit: HttpLimit): Promise<{ readonly page: Page; readonly url: string }> {
    const site = await node.start({ guard: { store: memoryStore(), limits: [limit] }, routes: [{ path: '/' }] })
    const page = await openPage()
    onTestFinished(() => site.close())
    return { page, url: `http://127.0.0.1:${site.port}/` }
  }

  /** Moves every animation to the same moment. */
  const seekTo = (page: Page, ms: number): Promise<void> =>
    page.evaluate(`for (const each of document.getAnimations()) { each.pause(); each.currentTime = ${ms} }`)

  test('lets the reader ask again at zero, and not before, by mouse and by keyboard', async () => {
    const { page, url } = await open({ name: 'ip', rule: tokenBucket({ capacity: 1, per: '100s' }), initial: 0 })
    await page.goto(url)
    const link = page.getByRole('link', { name: 'Try again' })
    const left = (): Promise<string> =>
      page.evaluate(`getComputedStyle(document.querySelector('.left'), '::after').getPropertyValue('--s')`)
    await seekTo(page, 0)
    const first = Number(await left())
    expect(first).toBeGreaterThanOrEqual(99)
    for (const [ms, seconds] of [
      [1, first],
      [999, first],
      [1000, first - 1],
      [first * 1000 - 1, 1],
    ] as const) {
      await seekTo(page, ms)
      expect([await left(), await link.count()]).toEqual([String(seconds), 0])
    }
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY')
    await seekTo(page, first * 1000)
    expect([await link.isVisible(), await page.locator('.wait').isVisible()]).toEqual([true, false])
    expect((await link.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Try again')
    const [answer] = await Promise.all([page.waitForResponse(url), page.waitForEvent('load'), page.keyboard.press('Enter')])
    expect(answer.status()).toBe(429)
  })

  test.each(['light', 'dark'] as const)(
    'in a %s scheme can be used by everyone, while the wait lasts and after it',
    async (colorScheme) => {
      const { page, url } = await open({ name: 'ip', rule: tokenBucket({ capacity: 1, per: '100s' }), initial: 0 })
      onTestFinished(() => page.emulateMedia({ colorScheme: null }))
      await page.emulateMedia({ colorScheme })
      await page.goto(url)
      for (const ms of [0, 100_000]) {
        await seekTo(page, ms)
        expect(await accessFaults(page)).toEqual([])
      }
    },
  )

  test('asks again by itself when the wait is over, and is served', async () => {
    const { page, url } = await open({
      name: 'ip',
      // The icon of the page, which browsers also ask for, is none of its readers' requests.
      when: (_request, { header }) => header('accept')?.startsWith('text/html') === true,
      rule: tokenBucket({ capacity: 1, per: '1500ms' }),
      initial: 0,
    })
    const refused = await page.goto(url)
    const startedAt = performance.now()
    const waitMs = Number(refused!.headers()['retry-after']) * 1000
    const [answer] = await Promise.all([page.waitForResponse(url), page.waitForEvent('load')])
    expect(answer.status()).toBe(200)
    expect(performance.now() - startedAt).toBeGreaterThan(waitMs - 500)
  })
})
