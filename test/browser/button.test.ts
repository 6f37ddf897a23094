/** The button that greys out, in a real browser: never early, once, and for everybody who uses it. */

import { tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { buildSync } from 'esbuild'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { chromiumOfFile } from './chromium.ts'
import { type SiteOptions, serveQuotaSite } from './quota-site.ts'

const openPage = await chromiumOfFile()

/** What the scripts of these pages have made global. */
declare global {
  function advance(ms: number): void
  const api: { readonly state: { readonly status: string; readonly seconds?: number }; read(response: unknown): void }
  function refuse(seconds: number): void
  const statuses: number[]
  const pending: Promise<unknown>
  const go: { readonly ariaDisabled: string | null; click(): void }
  /** By which the clock of the server is behind that of the page. */
  let owedMs: number
}

/** A button that calls the API, with a banner. */
const html = '<form><input name="q"><button id="go"><b>Go</b></button></form><div id="banner"></div><output id="spoken"></output>'
const script = `
  const api = sluice.createQuota()
  const call = api.wrap(fetch)
  const statuses = []
  let pending, owedMs = 0
  go.onclick = (event) => {
    event.preventDefault()
    const advance = owedMs
    owedMs = 0
    pending = call('/api?advance=' + advance).then(({ status }) => statuses.push(status))
  }
  const unbind = api.bind(go, { banner })
  const refuse = (seconds) => api.read(new Response('', { status: 429, headers: { 'Retry-After': String(seconds) } }))
  new MutationObserver(() => { spoken.textContent += document.querySelector('[role=status]').textContent + '|' })
    .observe(document.querySelector('[role=status]') ?? document.body, { childList: true, characterData: true, subtree: true })`

async function open(options: Partial<SiteOptions> = {}): Promise<Page> {
  const site = await serveQuotaSite({ rule: tokenBucket({ capacity: 10, per: '1h' }), html, script, ...options })
  onTestFinished(() => site[Symbol.asyncDispose]())
  const page = await openPage()
  await page.goto(site.url)
  return page
}

/** Answers the calls of the page within the page: a click needs no network, which takes most of the CPU time of a click. */
const guardInPage = buildSync({
  stdin: {
    contents: `
      export { memoryStore, tokenBucket } from '@sluice/core'
      export { manualClock } from '@sluice/core/testing'
      export { guardFetch } from '@sluice/http/fetch'`,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'server',
  conditions: ['@sluice/source'],
}).outputFiles[0]!.text
const answerInPage = (tells: boolean): string => `${guardInPage}
  const clock = server.manualClock()
  const guard = server.guardFetch({
    store: server.memoryStore({ clock }),
    headers: ${tells ? "['draft-11']" : '[]'},
    limits: [{ name: 'user', by: () => 'ann', rule: server.tokenBucket({ capacity: 1, per: '1500ms' }) }],
  }, () => new Response('ok'))
  globalThis.fetch = (path) => {
    const url = new URL(path, location)
    clock.advance(Number(url.searchParams.get('advance')))
    return guard(new Request(url))
  }
`

describe('with a clock of the page that is wrong by ten minutes', () => {
  test.each([
    ['50 clicks', 'every response says how much is left', 50, true, ''],
    ['50 clicks', 'only refusals say when to come back', 50, false, ''],
    ['500 clicks without a network', 'every response says how much is left', 500, true, answerInPage(true)],
    ['500 clicks without a network', 'only refusals say when to come back', 500, false, answerInPage(false)],
  ])('%s at the moment the button comes back are all admitted, where %s', async (_clicks, _where, clicks, tells, answer) => {
    const clock = manualClock()
    const page = await open({ rule: tokenBucket({ capacity: 1, per: '1500ms' }), clock, tells, script: answer + script })
    const seen = await page.evaluate(async (most) => {
      const pass = (ms: number): void => {
        owedMs += ms
        advance(ms)
      }
      const click = async (): Promise<number> => {
        go.click()
        await pending
        return statuses.at(-1)!
      }
      const returns: number[] = []
      let wrongTimes = 0
      while (returns.length < most) {
        // Until the button greys out, at odd moments.
        while (go.ariaDisabled === null) {
          await click()
          if (go.ariaDisabled === null) pass(1 + ((returns.length * 97) % 400))
        }
        const waitMs = api.state.seconds! * 1000
        pass(waitMs - 1)
        const wasBack = go.ariaDisabled === null
        pass(1)
        if (wasBack || go.ariaDisabled !== null || waitMs > 2000) wrongTimes++
        returns.push(await click())
      }
      return { refused: returns.filter((status) => status !== 200).length, wrongTimes, calls: statuses.length }
    }, clicks)
    expect(seen).toMatchObject({ refused: 0, wrongTimes: 0 })
    expect(seen.calls).toBeGreaterThanOrEqual(clicks)
  })
})

test('in real time 100 clicks at the moment a button comes back are all admitted', { timeout: 120_000 }, async () => {
  const page = await open({
    rule: tokenBucket({ capacity: 1, per: '1s' }),
    html: Array.from({ length: 50 }, (_, i) => `<button id="b${i}">Go</button>`).join(''),
    script: `
      const statuses = []
      document.querySelectorAll('button').forEach((button) => {
        const api = sluice.createQuota()
        const call = api.wrap(fetch)
        button.onclick = async () => void statuses.push((await call('/api', { headers: { 'x-user': button.id } })).status)
        api.bind(button)
        let clicks = 0
        new MutationObserver(() => { if (button.ariaDisabled === null && clicks++ < 2) button.click() }).observe(button, { attributes: true })
        button.click()
      })`,
  })
  await expect.poll(() => page.evaluate(() => statuses.length), { timeout: 60_000 }).toBe(150)
  expect(await page.evaluate(() => statuses.filter((status) => status !== 200))).toEqual([])
})

describe('a button at the limit', () => {
  test('counts down, keeps the focus, sends no form, and comes back as it was', async () => {
    const page = await open({ clock: manualClock() })
    const button = page.locator('#go')
    await button.focus()
    await page.evaluate(() => refuse(75))
    expect(await button.textContent()).toBe('Try again in 75 s')
    await page.evaluate(() => advance(1000))
    expect(await button.textContent()).toBe('Try again in 74 s')
    expect(await page.evaluate('document.activeElement.id')).toBe('go')
    await page.keyboard.press('Enter')
    await page.locator('input').press('Enter')
    await button.click({ force: true })
    expect([await page.evaluate(() => statuses.length), new URL(page.url()).search]).toEqual([0, ''])
    await page.evaluate(() => advance(74_000))
    expect(await button.innerHTML()).toBe('<b>Go</b>')
    expect(await button.getAttribute('aria-disabled')).toBeNull()
    expect(await page.evaluate('document.activeElement.id')).toBe('go')
  })

  test('is spoken of when it greys out and when it is back, and not in between', async () => {
    const page = await open({ clock: manualClock() })
    await page.evaluate(() => refuse(3))
    for (let i = 0; i < 4; i++) await page.evaluate(() => advance(1000))
    expect(await page.locator('#spoken').textContent()).toBe('Try again in 3 s|You can try again now.|')
  })

  test('has no number where the server told no time', async () => {
    const page = await open({ clock: manualClock() })
    await page.evaluate(() => api.read(new Response('', { status: 429 })))
    expect(await page.locator('#go').textContent()).toBe('Try again shortly')
  })

  test('says long waits in larger units, rounded up', async () => {
    const page = await open({ clock: manualClock() })
    const labels: (string | null)[] = []
    for (const seconds of [119, 121, 7201, 172_801]) {
      await page.evaluate((wait) => refuse(wait), seconds)
      labels.push(await page.locator('#go').textContent())
    }
    expect(labels).toEqual(['Try again in 119 s', 'Try again in 3 min', 'Try again in 3 h', 'Try again in 3 days'])
  })
})

test('near the limit a hint stands below the button, which works', async () => {
  const page = await open()
  for (let i = 0; i < 8; i++) await page.locator('#go').click()
  await expect.poll(() => page.locator('#go ~ small').textContent()).toBe('2 left, refills in 6 min')
  expect(await page.locator('#go').getAttribute('aria-disabled')).toBeNull()
})

test('a banner says the same, can be dismissed, and returns after a new refusal only', async () => {
  const page = await open({ clock: manualClock() })
  const banner = page.locator('#banner')
  expect(await banner.isVisible()).toBe(false)
  await page.evaluate(() => refuse(30))
  expect(await banner.locator('span').textContent()).toBe('Try again in 30 s')
  await banner.getByRole('button', { name: 'Dismiss' }).click()
  await page.evaluate(() => advance(2000))
  expect(await banner.isVisible()).toBe(false)
  await page.evaluate(() => refuse(40))
  expect([await banner.isVisible(), await banner.locator('span').textContent()]).toEqual([true, 'Try again in 40 s'])
  await page.evaluate(() => advance(40_000))
  expect(await banner.isVisible()).toBe(false)
})

test('words may be of any language, and the binding may end', async () => {
  const page = await open({
    clock: manualClock(),
    script: `${script}
      unbind()
      const again = api.bind(go, { words: { wait: (s) => 'Wieder in ' + s + ' s' } })`,
  })
  await page.evaluate(() => refuse(30))
  expect(await page.locator('#go').textContent()).toBe('Wieder in 30 s')
  await page.evaluate('again()')
  expect(await page.locator('#go').innerHTML()).toBe('<b>Go</b>')
  expect(await page.locator('[role=status], small').count()).toBe(0)
  expect(await page.evaluate('try { api.bind(null) } catch (error) { error.message }')).toBe('sluice: bind needs an element, but got null')
})

test.each([
  ['warns once where the fields are hidden', '', ['sluice: a 429 hides its wait.'], /^Try again shortly$/],
  ['is silent where they are exposed', 'RateLimit, RateLimit-Policy, Retry-After', [], /^Try again in 60 min$/],
])('of another origin it %s', async (_what, exposes, warnings, label) => {
  const other = await serveQuotaSite({ rule: tokenBucket({ capacity: 1, per: '1h' }), exposes })
  onTestFinished(() => other[Symbol.asyncDispose]())
  const page = await open()
  const warned: string[] = []
  page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
  await page.evaluate(`(async () => { for (let i = 0; i < 3; i++) await call('${other.url}api') })()`)
  expect(await page.locator('#go').textContent()).toMatch(label)
  expect(warned).toEqual(warnings.map((text) => expect.stringContaining(text)))
})

test.each([
  ['a page without styles of its own shows it grey', '', '0.5'],
  ['a page shows it in its own way', 'button[aria-disabled="true"] { opacity: .8 !important }', '0.8'],
])('while it waits, %s', async (_how, css, opacity) => {
  const page = await open({ html: `<style>${css}</style>${html}` })
  const opacityOf = (): Promise<string> => page.evaluate('getComputedStyle(go).opacity')
  expect(await opacityOf()).toBe('1')
  await page.evaluate(() => refuse(1))
  expect(await opacityOf()).toBe(opacity)
  await page.waitForFunction(() => go.ariaDisabled === null)
  expect(await opacityOf()).toBe('1')
})
