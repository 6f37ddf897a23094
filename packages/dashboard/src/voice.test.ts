/** Which language and which numbers a reader gets, and that no header and no translation can break the page. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Translations, voices } from './voice.ts'

const translations: Translations = { de: { title: 'Ihr Kontingent' }, 'pt-BR': { title: 'Sua cota' }, ar: { dir: 'rtl', title: 'حصتك' } }
const voiceFor = voices(translations)

test.each([
  [undefined, 'en', '1,234'],
  ['', 'en', '1,234'],
  ['de', 'de', '1.234'],
  ['de-DE,de;q=0.9', 'de', '1.234'],
  ['fr;q=0.8, de;q=0.9', 'de', '1.234'],
  ['de;q=0, en', 'en', '1,234'],
  // No text is in French: the numbers are, since they are the reader's own.
  ['fr-FR', 'en', '1\u202f234'],
  ['ar-EG', 'ar', '١٬٢٣٤'],
  ['fa', 'en', '1,234'],
  ['pt-BR', 'pt-BR', '1.234'],
  ['xx-YY', 'en', '1,234'],
  ['*', 'en', '1,234'],
])('Accept-Language %j has the language %s and the number %s', (header, language, number) => {
  const voice = voiceFor(header)
  expect([voice.language, voice.number(1234)]).toEqual([language, number])
})

test('a direction belongs to the language', () => {
  expect([voiceFor('ar').dir, voiceFor('de').dir]).toEqual(['rtl', 'ltr'])
})

test('any header has a voice', () => {
  const tag = fc.string({ unit: fc.constantFrom('d', 'e', '-', ';', 'q', '=', '0', '.', '9', ',', '*', ' ', 'u', 'x') })
  fc.assert(fc.property(fc.oneof(tag, fc.string()), (header) => voiceFor(header).say('title') !== ''))
  expect(voiceFor('de,'.repeat(10_000)).language).toBe('en')
})

describe('a text', () => {
  const voice = voices({ en: { left: { one: 'one', other: '{count} <b>' }, title: '{nothing} {count}' } })('en')

  test('has the plural form of its number, and is text whatever is in it', () => {
    expect([voice.say('left', {}, 1), voice.say('left', {}, 1234)]).toEqual(['one', '1,234 &#60;b&#62;'])
  })

  test('keeps a placeholder that it does not have, and needs no number', () => {
    expect(voice.say('title')).toBe('{nothing} 0')
    expect(voice.say('title', { count: 'x' })).toBe('{nothing} x')
  })

  test('says places as the language does', () => {
    expect([1, 2, 3, 4, 11, 22].map((position) => voice.place(position))).toEqual(['1st', '2nd', '3rd', '4th', '11th', '22nd'])
  })

  test('that a translation leaves out is English', () => {
    expect(voiceFor('de').say('whatCounts')).toBe('What counts?')
  })
})

test('a wait is an element with its length, and the moment as a title', () => {
  const html = voiceFor('en').wait(23_400, 'when')
  expect(html).toMatch(
    /^<time datetime="PT24S" data-ms="23400" data-form="when" title="\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC">in 24 seconds<\/time>$/,
  )
  expect(voiceFor('en').wait(1e16, 'when')).not.toContain('title')
})

test.each<[what: string, texts: unknown, option: string]>([
  ['no texts', null, 'texts'],
  ['a name that is no tag', { '!': {} }, 'A name in `texts`'],
  ['a text that is unknown', { de: { titel: 'x' } }, 'texts.de.titel'],
  ['a text that is a function', { de: { title: () => 'x' } }, 'texts.de.title'],
  ['plural forms without `other`', { de: { left: { one: 'x' } } }, 'texts.de.left'],
  ['a direction that is none', { de: { dir: 'up' } }, 'texts.de.dir'],
])('%s is an error at start-up', (_what, texts, option) => {
  expect(() => voices(texts as Translations)).toThrow(option)
})
