/** The quota page in a real browser, on every adapter: what it says, that it keeps its own policy, and that everyone can use it. */
import { createLimiter, type Limiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { accessFaults } from './access-faults.ts'
import { chromiumOfFile } from './chromium.ts'
import { quotaDocuments } from './quota-documents.ts'
import { pageAdapters, serveDocument, servePage } from './quota-page-site.ts'
import { translations } from './quota-translations.ts'

const openPage = await chromiumOfFile()
const shared = await openPage()
/** Everything that a page of this file has done against its policy, or as an error. */
const wrong: string[] = []
await shared.exposeFunction('tellViolation', (text: string) => wrong.push(text))
const tellViolations = `addEventListener('securitypolicyviolation', (event) => tellViolation(event.violatedDirective + ' ' + event.sourceFile))`
await shared.addInitScript(tellViolations)
shared.on('pageerror', (error) => wrong.push(String(error)))
afterEach(async () => {
  await shared.emulateMedia({ colorScheme: null, reducedMotion: null })
  await openPage()
  expect(wrong.splice(0)).toEqual([])
})

/** A page in a browser of its own kind, such as one without scripts. */
async function pageWith(options: BrowserContextOptions): Promise<Page> {
  const context = await shared.context().browser()!.newContext(options)
  onTestFinished(() => context.close())
  return context.newPage()
}

const headingOf = (page: Page): Promise<string | null> => page.locator('h1').textContent()

const onNode = pageAdapters['node:http']!
const hostile = '<img src=x onerror="tellViolation(1)">'

function userLimiter(capacity: number, per: `${number}s`, used: number, name = 'requests', clock = manualClock()): Limiter<string> {
  const rule = tokenBucket({ capacity, per })
  const limiter = createLimiter<string>({ limits: [{ name, by: (key) => key, rule }], store: memoryStore({ clock }) })
  void limiter.consume('ann', { cost: used })
  return limiter
}

describe.each(Object.entries(pageAdapters))('on %s', (_name, serve) => {
  test('a caller sees its quota, whatever names hold, and the page keeps its policy', async () => {
    const limiter = userLimiter(10, '10s', 4, hostile)
    const url = await servePage(serve, { limiter, identify: () => 'ann', describe: () => ({ account: hostile, plan: hostile }) })
    const answer = await shared.goto(url)
    expect([answer!.status(), answer!.headers()['cache-control']]).toEqual([200, 'no-store'])
    expect(await headingOf(shared)).toBe('You can make 6 more requests now.')
    expect(await shared.locator('.top').textContent()).toBe(`Your quota${hostile} · plan ${hostile}`)
    expect(await shared.locator('h2').textContent()).toBe(hostile)
    expect(await shared.locator('img').count()).toBe(0)
    // Only the script writes the reader's own time.
    expect(await shared.locator('.more time').getAttribute('title')).not.toContain('UTC')
    expect((await limiter.inspect(hostile, 'ann'))?.remaining).toBe(6)
  })

  test('other answers are pages too, whatever is accepted, and HEAD has no body', async () => {
    const url = await servePage(serve, { limiter: userLimiter(10, '10s', 0), identify: (key) => (key === 'broken' ? raise() : key) })
    const ask = (key: string | undefined, method = 'GET', accept = '*/*'): Promise<Response> =>
      fetch(url, { method, headers: { accept, ...(key === undefined ? {} : { 'x-key': key }) } })
    const answers = [await ask('ann'), await ask(undefined), await ask('broken'), await ask('ann', 'HEAD'), await ask('ann', 'POST')]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 500, 200, 405])
    expect(await answers[3]!.text()).toBe('')
    for (const accept of ['application/json', 'text/html;q=0', ',;q=x,'.repeat(500), '"'])
      expect((await ask('ann', 'GET', accept)).headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i)
  })
})

function raise(): never {
  throw new Error('no session')
}

test.each(['near', 'limited', 'queue', 'layers', 'twelve limits', 'long names'] as const)(
  'in the state %s, 360 pixels and twice the size need no sideways scroll',
  async (state) => {
    await shared.goto(await serveDocument(quotaDocuments[state]))
    for (const width of [360, 640]) {
      await shared.setViewportSize({ width, height: 720 })
      expect(await shared.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    }
  },
)

test.each([
  ['near', 'light'],
  ['near', 'dark'],
  ['limited', 'light'],
  ['limited', 'dark'],
  ['layers', 'light'],
  ['unknown', 'dark'],
] as const)('in the state %s and a %s scheme everyone can use it', async (state, colorScheme) => {
  await shared.emulateMedia({ colorScheme })
  await shared.goto(await serveDocument(quotaDocuments[state]))
  for (const summary of await shared.locator('summary').all()) {
    await summary.click()
    expect((await summary.boundingBox())!.height).toBeGreaterThanOrEqual(44)
  }
  expect(await accessFaults(shared)).toEqual([])
  expect(await shared.evaluate('document.getAnimations().length')).toBe(0)
})

test.each([
  ['de-DE', 'ltr', 'Sie können jetzt noch 37 Anfragen stellen.', '82.140 übrig'],
  ['ko', 'ltr', '지금 요청을 37번 더 보낼 수 있습니다.', '82,140 남음'],
  ['ar', 'rtl', 'يمكنك إرسال 37 طلبًا الآن.', 'بقي 82,140'],
])('a reader of %s reads it so, from its own side', async (language, direction, sentence, left) => {
  await shared.goto(await serveDocument(quotaDocuments.normal, { texts: translations, language }))
  expect([await headingOf(shared), await shared.locator('.left').nth(1).textContent()]).toEqual([sentence, left])
  expect(await shared.evaluate('getComputedStyle(document.body).direction')).toBe(direction)
  // The chart begins where reading does: its newest minute stands at the other side.
  const charts = "getComputedStyle(document.querySelector('.past')).transform"
  expect(await shared.evaluate(charts)).toBe(direction === 'rtl' ? 'matrix(-1, 0, 0, 1, 0, 0)' : 'none')
})

test('without scripts it is complete, and reads itself again when the wait is over, and not before', async () => {
  const clock = manualClock()
  const requestedAtMs: number[] = []
  const identify = (): string => {
    requestedAtMs.push(performance.now())
    return 'ann'
  }
  const page = await pageWith({ javaScriptEnabled: false })
  await page.goto(await servePage(onNode, { limiter: userLimiter(1, '2s', 1, 'requests', clock), identify }))
  expect(await headingOf(page)).toBe('You can make a request again in 2 seconds.')
  await page.locator('summary').click()
  expect(await page.locator('dd').isVisible()).toBe(true)
  clock.advance(2000)
  await expect.poll(() => headingOf(page)).toBe('Nothing is used yet. You can make 1 request now.')
  expect(requestedAtMs[1]! - requestedAtMs[0]!).toBeGreaterThanOrEqual(1990)
})

describe('with its script', () => {
  /** The page of a caller. Its clock and that of the server stand still until both move. */
  async function open(capacity: number, per: `${number}s`, used: number) {
    const clock = manualClock()
    const limiter = userLimiter(capacity, per, used, 'requests', clock)
    const site = { isAway: false, requests: 0 }
    const identify = (): string => {
      site.requests++
      return site.isAway ? raise() : 'ann'
    }
    const page = await pageWith({})
    await page.addInitScript(tellViolations)
    await page.exposeFunction('tellViolation', (text: string) => wrong.push(text))
    await page.clock.install({ time: 0 })
    await page.clock.pauseAt(1000)
    let questions = 0
    // Each question is answered anew: the second for which answers are kept is one of the real clock.
    await page.goto(await servePage(onNode, { limiter, identify, id: () => questions++ }))
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms)
      await page.clock.runFor(ms)
    }
    const note = page.locator('.note')
    return { page, limiter, site, pass, note }
  }

  test('a wait counts down, never ends early, and ends in an update that keeps what is open and where the focus is', async () => {
    const { page, site, pass } = await open(1, '12s', 1)
    await page.locator('summary').focus()
    await page.keyboard.press('Enter')
    for (let left = 12; left > 0; left--) {
      // An answer that arrives while time passes counts from its arrival: late by less than a second, and never early.
      const seconds = Number(/again in (\d+) seconds?\.$/.exec((await headingOf(page)) ?? '')?.[1])
      expect([left, left + 1]).toContain(seconds)
      await pass(999)
      expect(await headingOf(page)).toMatch(/again in \d+ seconds?\.$/)
      await pass(1)
    }
    const isOver = async (): Promise<string | null> => {
      await pass(100)
      return headingOf(page)
    }
    await expect.poll(isOver).toBe('Nothing is used yet. You can make 1 request now.')
    expect(await page.locator('[role=status]').first().textContent()).toBe('Nothing is used yet. You can make 1 request now.')
    expect(await page.evaluate('[document.activeElement.tagName, document.querySelector("details").open]')).toEqual(['SUMMARY', true])
    // The page itself, then after 5, 10 and 12 seconds.
    expect(site.requests).toBe(4)
  })

  test('news come every five seconds, and none in the background, which one step catches up', async () => {
    const { page, limiter, site, pass } = await open(100, '100s', 10)
    void limiter.consume('ann', { cost: 20 })
    await pass(5000)
    await expect.poll(() => headingOf(page)).toBe('You can make 75 more requests now.')
    const hide = (isHidden: boolean): Promise<void> =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await hide(true)
    const { requests } = site
    await pass(60_000)
    expect(site.requests).toBe(requests)
    await hide(false)
    await expect.poll(() => headingOf(page)).toBe('Nothing is used yet. You can make 100 requests now.')
    expect(site.requests).toBe(requests + 1)
  })

  test('a server that fails is asked later and later, and the page says so until it is back', async () => {
    const { page, site, pass, note } = await open(100, '1000s', 10)
    site.isAway = true
    await pass(5000)
    await expect.poll(() => note.isVisible()).toBe(true)
    expect([await note.textContent(), await headingOf(page)]).toEqual([
      'Cannot update right now. Trying again.',
      'You can make 90 more requests now.',
    ])
    const { requests } = site
    await pass(1000)
    expect(site.requests).toBe(requests)
    await pass(1000)
    await expect.poll(() => site.requests).toBe(requests + 1)
    site.isAway = false
    // The time until the next question begins when the page has the answer, which comes at a moment of the real clock.
    let passedMs = 0
    const isStillAway = async (): Promise<boolean> => {
      await pass(500)
      passedMs += 500
      return note.isVisible()
    }
    await expect.poll(isStillAway).toBe(false)
    expect(passedMs).toBeGreaterThanOrEqual(4000)
  })

  test('offline it says so at once, and recovers', async () => {
    const { page, note, pass } = await open(100, '1000s', 10)
    await page.context().setOffline(true)
    await expect.poll(() => note.isVisible()).toBe(true)
    await pass(1000)
    await page.context().setOffline(false)
    await expect.poll(() => note.isVisible()).toBe(false)
  })

  test('a caller whose session has ended reads so, and the page asks no more', async () => {
    const page = await pageWith({})
    let isSignedIn = true
    let requests = 0
    const identify = (): string | null => {
      requests++
      return isSignedIn ? 'ann' : null
    }
    await page.clock.install({ time: 0 })
    await page.goto(await servePage(onNode, { limiter: userLimiter(10, '10s', 4), identify }))
    isSignedIn = false
    await page.clock.runFor(5000)
    await expect.poll(() => headingOf(page)).toBe('We do not know whose quota to show.')
    const before = requests
    await page.clock.runFor(60_000)
    expect(requests).toBe(before)
  })

  test('the reload for readers without scripts does not come', async () => {
    const clock = manualClock()
    const page = await pageWith({})
    const limiter = userLimiter(1, '1s', 1, 'requests', clock)
    const answer = await page.goto(await servePage(onNode, { limiter, identify: () => 'ann' }))
    expect(answer!.headers().refresh).toBe('1')
    await page.evaluate('globalThis.isSame = true')
    await page.waitForTimeout(1500)
    clock.advance(1000)
    await expect.poll(() => headingOf(page)).toBe('Nothing is used yet. You can make 1 request now.')
    expect(await page.evaluate('globalThis.isSame')).toBe(true)
  })
})
