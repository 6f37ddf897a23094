/**
 * Takes pictures of the pages that people see, for review by eye: `node --conditions=@sluice/source --import tsx test/browser/screenshots.ts`.
 * They go to reports/pages, which git ignores. Arguments name the pictures to take, by parts of their names.
 */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { QuotaDocument } from '@sluice/http'
import { chromium } from 'playwright-core'
import { plainPage, quotaPage } from '../../packages/dashboard/src/page/quota-page.ts'
import { voices } from '../../packages/dashboard/src/voice.ts'
import { refusalPage } from '../../packages/http/src/refusal/refusal-page.ts'
import { chromiumProgram } from '../servers/index.ts'
import { answerState } from './operators-site.ts'
import { operatorsStates } from './operators-states.ts'
import { quotaDocuments } from './quota-documents.ts'
import { translations } from './quota-translations.ts'

const folder = join(import.meta.dirname, '../../reports/pages')
const voiceFor = voices(translations)

function page(document: QuotaDocument, language: string): string {
  const facts = { document, isServed: true, ageMs: 0, account: 'Acme', plan: 'Plus', labels: {}, voice: voiceFor(language) }
  return quotaPage(facts, 'nonce')
}

const refusal = { heading: 'Too many requests', limits: ['ip: 10 a minute'], isSafe: true }
const plain = voiceFor('en')
const pages: Readonly<Record<string, (language: string) => string>> = {
  ...Object.fromEntries(Object.entries(quotaDocuments).map(([name, document]) => [name, (language: string) => page(document, language)])),
  'not found': () => plainPage(plain, plain.say('notFound'), plain.say('signIn'), 'nonce'),
  failed: () => plainPage(plain, plain.say('failed'), plain.say('failedHint'), 'nonce'),
  '429': () => refusalPage({ ...refusal, sentence: 'Slow down - try again in 30 seconds.', retryAfterSeconds: 30 }),
  '429 over': () => refusalPage({ ...refusal, sentence: 'Slow down - try again in 30 seconds.', retryAfterSeconds: 0.001 }),
  '429 long': () => refusalPage({ ...refusal, sentence: 'Slow down - try again in 30 minutes.', retryAfterSeconds: 1800 }),
  '429 own words': () => refusalPage({ ...refusal, heading: null, sentence: '잠시 후 다시 시도해 주세요.', retryAfterSeconds: 30 }),
}

interface Look {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
  readonly language?: string
  readonly zoom?: number
  readonly scripts?: boolean
  readonly open?: boolean
}

const everyState = [...Object.keys(pages), ...Object.keys(operatorsStates).map((state) => `operators ${state}`)]
const looks: Readonly<Record<string, readonly [states: readonly string[], look: Look]>> = {
  light: [everyState, {}],
  dark: [everyState, { scheme: 'dark' }],
  phone: [everyState, { width: 360 }],
  zoom: [['normal', 'limited', 'twelve limits', 'long names', '429'], { zoom: 2 }],
  german: [['normal', 'near', 'limited'], { language: 'de' }],
  'german phone': [['near'], { language: 'de', width: 360 }],
  korean: [['normal', 'limited'], { language: 'ko' }],
  arabic: [['normal', 'near', 'limited'], { language: 'ar' }],
  'no scripts': [['normal', 'limited', '429', 'operators busy'], { scripts: false }],
  open: [['layers', 'normal'], { open: true }],
}

const server = createServer((request: IncomingMessage, response) => {
  if (!request.url!.startsWith('/?state')) return void answerState(request, response)
  const { searchParams } = new URL(request.url!, 'http://localhost')
  const write = pages[searchParams.get('state') ?? ''] ?? (() => '')
  response.setHeader('Content-Type', 'text/html').end(write(searchParams.get('language') ?? 'en'))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const browser = await chromium.launch({ executablePath: await chromiumProgram(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
mkdirSync(folder, { recursive: true })
const wanted = process.argv.slice(2)
for (const [look, [states, { width = 1280, scheme = 'light', language = 'en', zoom = 1, scripts = true, open = false }]] of Object.entries(
  looks,
)) {
  const names = states.filter((state) => wanted.length === 0 || wanted.some((part) => `${look} ${state}`.includes(part)))
  if (names.length === 0) continue
  const context = await browser.newContext({
    viewport: { width: width / zoom, height: 720 / zoom },
    deviceScaleFactor: zoom,
    colorScheme: scheme,
    javaScriptEnabled: scripts,
  })
  const shot = await context.newPage()
  for (const state of names) {
    const [, operatorsState] = /^operators (.*)$/.exec(state) ?? []
    const path = operatorsState === undefined ? `?${new URLSearchParams({ state, language })}` : encodeURIComponent(operatorsState)
    await shot.goto(`http://127.0.0.1:${port}/${path}`)
    // The chart is drawn once the first update has come.
    if (operatorsState !== undefined && scripts) await shot.locator('#traffic canvas').waitFor()
    if (open) await shot.locator('summary').click()
    await shot.screenshot({ path: join(folder, `${look} ${state}.png`.replaceAll(' ', '-')), fullPage: true })
  }
  await context.close()
}
await browser.close()
server.closeAllConnections()
server.close()
