import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RefusalPage, refusalPage } from './refusal-page.ts'

const page = (facts: Partial<RefusalPage> = {}): string =>
  refusalPage({
    heading: 'Too many requests',
    sentence: 'Slow down - try again in 30 seconds.',
    retryAfterSeconds: 30,
    limits: ['ip: 10 a minute'],
    isSafe: true,
    ...facts,
  })

/** The words of the page, without elements. */
function wordsOf(html: string): string {
  const text = html.slice(html.indexOf('<main>')).replace(/<[^>]*>/g, ' ')
  return text.replace(/\s+/g, ' ').trim()
}

test('says in one sentence what happened, and which limit it was', () => {
  expect(page()).toContain('<h1>Slow down - try again in 30 seconds.</h1>')
  expect(page()).toContain('<p class="quiet">ip: 10 a minute</p>')
})

test('is a whole document with language, title and viewport, in both colour schemes', () => {
  expect(page()).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page()).toContain('<title>Too many requests</title>')
  expect(page()).toContain('name="viewport"')
  expect(page()).toContain('prefers-color-scheme:dark')
})

test('needs nothing from anywhere: no script, no image, no address', () => {
  expect(page()).not.toMatch(/<(?:script|img|link|iframe|form)|http-equiv|url\(|@import|https?:/i)
})

describe('the countdown', () => {
  test('runs out with the wait, then lets the reader ask again, and is silent for screen readers', () => {
    expect(page()).toContain('<div class="bar" aria-hidden="true"><div style="animation-duration:30s"></div></div>')
    expect(page()).toContain('<span class="wait" aria-hidden="true" hidden style="animation-delay:30s">Try again')
    expect(page()).toContain('<a class="over" href="" hidden style="animation-delay:30s">Try again</a>')
  })

  test.each([
    [119, true],
    [120, false],
  ])('of %i seconds has seconds: %s', (retryAfterSeconds, isCounted) => {
    expect(page({ retryAfterSeconds }).includes(`--s:${retryAfterSeconds};`)).toBe(isCounted)
  })

  test.each([[null], [86_401]])('is absent for a wait of %s seconds', (retryAfterSeconds) => {
    expect(page({ retryAfterSeconds })).not.toMatch(/class="(?:bar|again)"/)
  })

  test('offers no link where GET was not what was refused, since a link sends GET', () => {
    expect(page({ isSafe: false })).not.toContain('<a ')
    expect(page({ isSafe: false })).toContain('<span class="over" hidden style="animation-delay:30s">You can try again now.</span>')
  })
})

describe("an application's own sentence", () => {
  test.each([true, false])(
    'is all that the page says, in a language that only the application knows, where asking again is safe: %s',
    (isSafe) => {
      const html = page({ sentence: '천천히', heading: null, isSafe })
      expect(html).toContain('<html lang="">')
      expect(html).toContain('<title>천천히</title>')
      expect(wordsOf(html)).toBe(isSafe ? '천천히 ↻ ↻' : '천천히')
      expect(html).toContain('class="bar"')
    },
  )

  test.each([null, 'Too many requests'])('is shown as text, whatever is in it, under the heading %s', (heading) => {
    expect(page({ sentence: `<script>alert("1")</script> & 'more'`, heading })).toMatch(
      />&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62; &#38; &#39;more&#39;</,
    )
  })

  test('never adds an element, nor does the name of a limit', () => {
    const tags = (html: string): number => html.split('<').length
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', 'a', ' ') }), (text) => {
        expect(tags(page({ sentence: text, heading: text, limits: [text] }))).toBe(tags(page()))
        expect(tags(page({ sentence: text, heading: null }))).toBe(tags(page({ heading: null })))
      }),
    )
  })
})
