/** The operators' page in a real browser and on every adapter: live, by keyboard, for everyone, and with actions that are asked for once. */
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { type AuditEvent, createLiveView, type OperatorsPageOptions } from '@sluice/dashboard'
import * as onExpress from '@sluice/dashboard/express'
import * as onFastify from '@sluice/dashboard/fastify'
import * as onFetch from '@sluice/dashboard/fetch'
import * as onHono from '@sluice/dashboard/hono'
import * as onNode from '@sluice/dashboard/node'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { listening } from '../listening.ts'
import { accessFaults } from './access-faults.ts'
import { chromiumOfFile } from './chromium.ts'
import { answerState } from './operators-site.ts'
import type { operatorsStates } from './operators-states.ts'

const openPage = await chromiumOfFile()
const shared = await openPage()
/** Everything that a page of this file has done against its policy, or as an error. */
const wrong: string[] = []
await shared.exposeFunction('tellViolation', (text: string) => wrong.push(text))
await shared.addInitScript(
  `addEventListener('securitypolicyviolation', (event) => tellViolation(event.violatedDirective + ' ' + event.sourceFile))`,
)
shared.on('pageerror', (error) => wrong.push(String(error)))
afterEach(async () => {
  await shared.emulateMedia({ colorScheme: null })
  await openPage()
  expect(wrong.splice(0)).toEqual([])
})

type Options = Omit<OperatorsPageOptions<unknown>, 'authorize'> & { readonly authorize: () => string | null }

const adapters: Readonly<Record<string, (options: Options) => Promise<number>>> = {
  Fastify: async (options) => {
    const app = Fastify()
    app.addHook('onSend', async (_request, reply) => void reply.header('x-app', 'shop'))
    app.all('/operators', onFastify.operatorsPage(options))
    onTestFinished(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
  'Express 5': (options) => listening(express().all('/operators', onExpress.operatorsPage(options))),
  'Express 4': (options) => listening(express4().all('/operators', onExpress.operatorsPage(options))),
  'node:http': (options) => listening(onNode.operatorsPage(options)),
  Hono: (options) => listening(getRequestListener(new Hono().all('/operators', onHono.operatorsPage(options)).fetch)),
  fetch: (options) => listening(getRequestListener(onFetch.operatorsPage(options))),
}

const hostile = '<img src=x onerror="tellViolation(1)">'

function scene() {
  const limiter = createLimiter<string>({
    limits: ['requests', hostile].map((name) => ({ name, by: (id: string) => id, rule: tokenBucket({ capacity: 3, per: '1h' }) })),
    store: memoryStore({ clock: manualClock() }),
  })
  const view = createLiveView({ limiters: [limiter], keys: 'plain' })
  onTestFinished(() => view.close())
  const site = { who: 'ann' as string | null, audited: [] as AuditEvent[] }
  return { limiter, site, options: { view, authorize: () => site.who, audit: (event: AuditEvent) => site.audited.push(event) } }
}

/** Reads a stream until it has said so much. */
async function readUntil(response: Response, text: string): Promise<string> {
  let read = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body!) {
    read += decoder.decode(bytes as Uint8Array, { stream: true })
    if (read.includes(text)) break
  }
  return read
}

describe.each(Object.entries(adapters))('on %s', (_name, serve) => {
  test('there are a page, a script, a stream that goes on, and actions of the page alone', async () => {
    const { limiter, site, options } = scene()
    const url = `http://127.0.0.1:${await serve(options)}/operators`
    for (let i = 0; i < 4; i++) limiter.consume('mallory')
    const page = await (await fetch(url)).text()
    const script = await fetch(url + /\?asset=\w+/.exec(page)![0])
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    const stream = await fetch(`${url}?stream`)
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(await readUntil(stream, 'event: update')).toMatch(/^event: whole\ndata: \{.*\}\n\nevent: update/)
    const action = encodeURIComponent(JSON.stringify({ verb: 'reset', limit: 'requests', key: 'mallory' }))
    const act = (origin: string): Promise<Response> => fetch(url, { method: 'POST', headers: { origin, 'x-sluice-action': action } })
    expect((await act('https://evil.example')).status).toBe(403)
    expect([await (await act(new URL(url).origin)).json(), site.audited.length]).toEqual([
      { message: 'The key has its whole capacity again.' },
      1,
    ])
    site.who = null
    expect([await fetch(url), await fetch(`${url}?stream`), await act(new URL(url).origin)].map(({ status }) => status)).toEqual([
      403, 403, 403,
    ])
  })
})

describe('with its script', () => {
  test('figures come by themselves, the arrow keys go through them, Enter opens a chart, and Escape closes it', async () => {
    const { limiter, options } = scene()
    await shared.goto(`http://127.0.0.1:${await adapters.Fastify!(options)}/operators`)
    expect(await shared.locator('#limits .empty').isVisible()).toBe(true)
    for (let i = 0; i < 4; i++) limiter.consume('mallory')
    const names = shared.locator('#limits tbody th')
    await expect.poll(() => names.allTextContents()).toEqual([hostile, 'requests'])
    await expect.poll(() => shared.locator('h1').textContent()).toMatch(/decisions a second, 25 % refused\. No outage\.$/)
    expect([await shared.locator('main img').count(), await shared.locator('#traffic canvas').count()]).toEqual([0, 1])
    await shared.keyboard.press('/')
    await shared.keyboard.type('REQ')
    expect(await names.evaluateAll((all) => all.map((one) => one.checkVisibility()))).toEqual([false, true])
    await shared.keyboard.press('ArrowDown')
    await shared.keyboard.press('Enter')
    await expect.poll(() => shared.locator('#chart canvas').count()).toBe(1)
    expect(await shared.locator('#chart h3').textContent()).toBe('requests')
    await shared.keyboard.press('Escape')
    expect(await shared.locator('#chart').isVisible()).toBe(false)
    await shared.keyboard.press('/')
    await shared.keyboard.press('Escape')
    expect(await names.evaluateAll((all) => all.map((one) => one.checkVisibility()))).toEqual([true, true])
    // What a reader has sorted stays so when figures come.
    for (let i = 0; i < 2; i++) await shared.locator('#limits thead button').first().click()
    expect(await names.allTextContents()).toEqual(['requests', hostile])
    const before = await shared.locator('#limits tbody').textContent()
    for (let i = 0; i < 9; i++) limiter.consume('new')
    await expect.poll(() => shared.locator('#limits tbody').textContent()).not.toBe(before)
    expect(await shared.locator('[aria-sort]').getAttribute('aria-sort')).toBe('descending')
    expect(await names.allTextContents()).toEqual(['requests', hostile])
  })

  test('a key is blocked after one question, the page says so, and whose right ends sees no more', async () => {
    const { limiter, site, options } = scene()
    for (let i = 0; i < 4; i++) limiter.consume('mallory')
    await shared.goto(`http://127.0.0.1:${await adapters['node:http']!(options)}/operators`)
    await shared.locator('#refused button.key').first().click()
    const dialog = shared.getByRole('dialog')
    expect(await dialog.getByRole('heading').textContent()).toMatch(/^mallory of /)
    await dialog.getByRole('button', { name: 'Inspect' }).click()
    await expect.poll(() => dialog.getByRole('status').textContent()).toMatch(/^0 of 3 left/)
    await dialog.getByRole('button', { name: 'Block for' }).click()
    expect(site.audited.map(({ verb }) => verb)).toEqual(['inspect'])
    await dialog.getByRole('button', { name: /^Yes, block mallory of .* for 1 hour$/ }).click()
    await expect.poll(() => dialog.getByRole('status').textContent()).toBe('The key is blocked.')
    expect(site.audited.at(-1)).toMatchObject({ who: 'ann', verb: 'block', key: 'mallory', duration: '1h', outcome: 'done' })
    expect(await accessFaults(shared)).toEqual([])
    await shared.keyboard.press('Escape')
    await expect.poll(() => shared.locator('#blocked tbody').textContent()).toContain('mallory')
    expect(await shared.locator('#actions').textContent()).toContain('ann blocked mallory')
    site.who = null
    // The stream ends, and the browser asks for it again.
    options.view.close()
    await expect.poll(() => shared.locator('#note').textContent(), { timeout: 15_000 }).toContain('You may not see this page any more.')
  })
})

type State = keyof typeof operatorsStates

async function openState(state: State): Promise<void> {
  await shared.goto(`http://127.0.0.1:${await listening(answerState)}/${encodeURIComponent(state)}`)
  await expect.poll(() => shared.locator('#traffic canvas').count()).toBe(1)
}

test.each<[State, 'light' | 'dark']>([
  ['busy', 'light'],
  ['outage', 'dark'],
  ['no data', 'light'],
  ['long names', 'dark'],
])('in the state %s and a %s scheme everyone can use it, and 360 pixels need no sideways scroll', async (state, colorScheme) => {
  await shared.emulateMedia({ colorScheme })
  await openState(state)
  expect(await accessFaults(shared)).toEqual([])
  const { width, height } = shared.viewportSize()!
  await shared.setViewportSize({ width: 360, height: 720 })
  expect(await shared.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  await shared.setViewportSize({ width, height })
})

test('without scripts it is complete, and reads itself again', async () => {
  const { limiter, options } = scene()
  const context = await shared.context().browser()!.newContext({ javaScriptEnabled: false })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const answer = await page.goto(`http://127.0.0.1:${await adapters['node:http']!(options)}/operators`)
  expect([answer!.headers().refresh, await page.locator('#traffic svg').isVisible()]).toEqual(['5', true])
  expect([await page.locator('#filter').isVisible(), await page.locator('#other').isVisible()]).toEqual([false, false])
  limiter.consume('ann')
  await page.waitForTimeout(1100)
  await page.reload()
  expect(await page.locator('#limits tbody th').allTextContents()).toContain('requests')
})
