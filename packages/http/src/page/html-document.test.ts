import { expect, test } from 'vitest'
import { escapeHtml, htmlDocument } from './html-document.ts'

const colours = htmlDocument({ lang: 'en', title: '', styles: '', body: '' }).matchAll(/--([\w-]+):(#\w+)/g)
const [light, dark] = [new Map<string, string>(), new Map<string, string>()]
for (const [, name, colour] of colours) (light.has(name!) ? dark : light).set(name!, colour!)

/** As WCAG 2.2 defines it, from 1 to 21. */
function contrast(one: string, other: string): number {
  const [brighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (brighter! + 0.05) / (darker! + 0.05)
}

function luminance(hex: string): number {
  const digits = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
  const [red, green, blue] = digits.match(/../g)!.map((pair) => {
    const value = Number.parseInt(pair, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

test.each([
  ['light', light],
  ['dark', dark],
])('text can be read on each of its surfaces in the %s scheme', (_scheme, of) => {
  for (const surface of ['page', 'surface']) {
    expect(contrast(of.get('ink')!, of.get(surface)!)).toBeGreaterThan(7)
    for (const text of ['quiet', 'accent', 'near', 'refused']) expect(contrast(of.get(text)!, of.get(surface)!)).toBeGreaterThan(4.5)
  }
  for (const state of ['near', 'refused']) expect(contrast(of.get(state)!, of.get(`${state}-back`)!)).toBeGreaterThan(4.4)
})

test('a title and a language are text, and right to left is said where it is so', () => {
  const html = htmlDocument({ lang: '"><b>', title: '</title><b>', styles: '', body: '', dir: 'rtl', nonce: 'abc' })
  expect(html).not.toContain('<b>')
  expect(html).toMatch(/<html lang="[^"]*" dir="rtl">/)
  expect(html).toContain('<style nonce="abc">')
})

test('every character that means something in HTML is escaped', () => {
  expect(escapeHtml(`<a href='b' title="c">&`)).toBe('&#60;a href=&#39;b&#39; title=&#34;c&#34;&#62;&#38;')
})
