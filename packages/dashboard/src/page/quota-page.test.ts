/** What the page says in each state, that names are text, and that it stays small. */
import { gzipSync } from 'node:zlib'
import type { QuotaDocument, QuotaOfLimit } from '@sluice/http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quotaDocuments } from '../../../../test/browser/quota-documents.ts'
import { bundled } from '../../client/bundle.ts'
import { voices } from '../voice.ts'
import type { PageFacts } from './facts.ts'
import { quotaPage } from './quota-page.ts'

const voice = voices()('en')

function page(document: QuotaDocument, more: Partial<PageFacts> = {}): string {
  return quotaPage({ document, isServed: true, ageMs: 0, labels: {}, voice, ...more }, 'nonce')
}

/** The words of an element, without elements in it. */
function wordsOf(html: string, element: RegExp): string {
  return (element.exec(html)?.[1] ?? '').replace(/<[^>]*>/g, '')
}
const headingOf = (html: string): string => [wordsOf(html, /<h1>(.*?)<\/h1>/), wordsOf(html, /<p class="more">(.*?)<\/p>/)].join(' ').trim()

test.each<[keyof typeof quotaDocuments, string]>([
  ['fresh', 'Nothing is used yet. You can make 100 requests now.'],
  ['normal', 'You can make 37 more requests now. 63 more arrive within 38 seconds.'],
  ['near', 'You can make 8 more requests now. 92 more arrive within 56 seconds.'],
  ['limited', 'You can make a request again in 24 seconds. The limit “requests” is reached.'],
  ['blocked', 'Your requests are blocked. They are served again in 90 seconds.'],
  ['blocked forever', 'Your requests are blocked. Waiting does not help.'],
  ['unknown', 'We cannot read your quota right now. Requests are still served.'],
  ['queue', 'You can make 37 more requests now. 63 more arrive within 38 seconds. Your request waits 3rd in line, about 2 seconds.'],
  ['no limits', 'You can make requests now. There is no limit to show.'],
  ['unlimited', 'You can make requests now. plan: unlimited.'],
  ['layers', 'You can make 1 more request now. 1 more arrives within 1 second.'],
])('in the state %s it begins with an answer', (state, words) => {
  expect(headingOf(page(quotaDocuments[state]))).toBe(words)
})

test('while the store is away and requests are refused, it does not say that they are served', () => {
  expect(headingOf(page(quotaDocuments.unknown, { isServed: false }))).toBe('We cannot read your quota right now.')
})

test('waits are shorter by the age of the reading, and never below nothing', () => {
  expect(headingOf(page(quotaDocuments.limited, { ageMs: 900 }))).toContain('again in 23 seconds')
  expect(headingOf(page(quotaDocuments.limited, { ageMs: 60_000 }))).toContain('again now')
})

test('a share says its parent in words, and what has no pace names no time', () => {
  const html = page(quotaDocuments.layers).replace(/<\/?bdi>/g, '')
  expect(html).toContain('half of your application’s 4 a second')
  const card = html.slice(html.indexOf('<h2>open'))
  expect(card.slice(0, card.indexOf('</li>'))).not.toContain('<time')
})

test.each([
  [0.25, 'a quarter of your app’s'],
  [1 / 3, 'a third of your app’s'],
  [0.3, '30% of your app’s'],
  [1, '100% of your app’s'],
])('a share of %d is %s', (share, words) => {
  const [app] = quotaDocuments.normal.limits as readonly QuotaOfLimit[]
  const limits = [
    { ...app!, name: 'app', capacity: 900 },
    { ...app!, name: 'part', parent: 'app', capacity: 900 * share },
  ]
  expect(page({ ...quotaDocuments.normal, limits }).replace(/<\/?bdi>/g, '')).toContain(words)
})

test('states are said by a word and an icon, and not by colour alone', () => {
  expect(page(quotaDocuments.near)).toContain('<p class="chip near"><span aria-hidden="true">▲</span> Near the limit</p>')
  expect(page(quotaDocuments.limited)).toContain('<p class="chip refused"><span aria-hidden="true">✕</span> Limit reached</p>')
  const past = /<svg class="past".*?<\/svg>/s.exec(page(quotaDocuments.near))![0]
  expect(past).toMatch(/<title>last 60 minutes, 4,028 used<\/title>/)
  // Triangles are near, crosses are refused.
  expect([past.match(/h4l-2-4z/g)!.length, past.match(/l4 4m0-4l-4 4/g)!.length]).toEqual([15, 3])
})

test('a history that began a minute ago stands at the end of its hour', () => {
  const [limit] = quotaDocuments.normal.limits as readonly QuotaOfLimit[]
  const html = page({ ...quotaDocuments.normal, limits: [{ ...limit!, history: [{ used: 2, refused: 0, near: false }] }] })
  expect(html).toContain('class="bars" d="M236.5 ')
  expect(html).toContain('<span>last 1 minute</span> <span>2 used</span>')
})

test('limits have the names, rules and units that the application gives them', () => {
  const labels = { tokens: { title: 'Budget', rule: '$0.10 an hour', amount: (units: number) => `$${units / 1e6}` } }
  const html = page({ ...quotaDocuments.normal, limits: [quotaDocuments.normal.limits[1]!] }, { labels })
  expect(headingOf(html)).toBe('You have $0.08214 left of “Budget”. $0.01786 more arrive within 41 minutes.')
  expect(html).toContain('<dt><bdi>Budget</bdi></dt><dd>$0.10 an hour</dd>')
})

test('a rule that no one has translated is marked as English', () => {
  expect(page(quotaDocuments.normal, { voice: voices({ de: {} })('de') })).toContain('<span lang="en" dir="ltr">100 a minute</span>')
})

describe('whatever names hold', () => {
  const tags = (html: string): number => html.split('<').length
  const [limit] = quotaDocuments.limited.limits as readonly QuotaOfLimit[]
  const withNames = (text: string): string => {
    const limits = [limit!, { ...limit!, name: text, rule: text, parent: limit!.name }]
    return page(
      { ...quotaDocuments.limited, limits },
      { account: text, plan: text, labels: { [limit!.name]: { title: text, amount: () => text } } },
    )
  }

  test('no element is added', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', 'a', ' ', '{count}', '$&', '{when}') }), (text) => {
        expect(tags(withNames(text))).toBe(tags(withNames('a')))
      }),
    )
  })

  test.each(['__proto__', 'constructor', 'toString'])('a limit named %s has its own name', (name) => {
    expect(page({ ...quotaDocuments.limited, limits: [{ ...limit!, name }] })).toContain(`<h2><bdi>${name}</bdi></h2>`)
  })
})

test('twelve limits with an hour of history are at most 15 kB compressed', () => {
  expect(gzipSync(page(quotaDocuments['twelve limits'])).length).toBeLessThan(15_000)
})

test('the script on the page is that of client/live.ts', async () => {
  const { liveScript } = await import('./live.generated.ts')
  expect(bundled()['page/live.generated.ts']).toContain(JSON.stringify(liveScript))
  expect(liveScript).not.toContain('</')
})
