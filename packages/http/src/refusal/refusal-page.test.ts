import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RefusalPage, refusalPage } from './refusal-page.ts'

const page = (facts: Partial<RefusalPage> = {}): string =>
  refusalPage({
    heading: 'Too many requests',
    sentence: 'Slow down - try again in 30 seconds.',
    retryAfterSeconds: 30,
    ...facts,
  })

test('says in a heading and a sentence what happened', () => {
  expect(page()).toMatch(/<h1>Too many requests<\/h1>\n<p>Slow down - try again in 30 seconds\.<\/p>/)
})

test('is a whole document with language, title and viewport, in both colour schemes', () => {
  expect(page()).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page()).toContain('<title>Too many requests</title>')
  expect(page()).toContain('name="viewport"')
  expect(page()).toContain('prefers-color-scheme: dark')
})

test('needs nothing from anywhere: no script, no image, no link, no reload', () => {
  expect(page()).not.toMatch(/<(?:script|img|link|iframe|form)|http-equiv|url\(|@import|https?:/i)
})

describe('the bar', () => {
  test('runs out with the wait, then says that it is over, and is silent for screen readers', () => {
    expect(page()).toContain('<div class="bar" aria-hidden="true"><div style="animation-duration:30s"></div></div>')
    expect(page()).toContain('<p class="over" hidden style="animation-delay:30s">You can try again now.</p>')
  })

  test.each([[null], [601]])('is absent for a wait of %s seconds', (retryAfterSeconds) => {
    expect(page({ retryAfterSeconds })).not.toContain('class="bar"')
  })
})

describe("an application's own sentence", () => {
  test('is all that the page says, in a language that only the application knows', () => {
    const html = page({ sentence: '천천히', heading: null })
    expect(html).toContain('<html lang="">')
    expect(html).toContain('<title>천천히</title>')
    expect(
      html
        .slice(html.indexOf('<main>'))
        .replace(/<[^>]*>/g, '')
        .trim(),
    ).toBe('천천히')
    expect(html).toContain('class="bar"')
  })

  test.each([null, 'Too many requests'])('is shown as text, whatever is in it, under the heading %s', (heading) => {
    expect(page({ sentence: `<script>alert("1")</script> & 'more'`, heading })).toMatch(
      />&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62; &#38; &#39;more&#39;</,
    )
  })

  test('never adds an element', () => {
    const tags = (html: string): number => html.split('<').length
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', 'a', ' ') }), (text) => {
        expect(tags(page({ sentence: text, heading: text }))).toBe(tags(page()))
        expect(tags(page({ sentence: text, heading: null }))).toBe(tags(page({ heading: null })))
      }),
    )
  })
})
