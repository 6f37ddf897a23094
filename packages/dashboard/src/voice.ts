/** How the page speaks to one reader: the language among those that there are, the format of numbers, and texts as HTML. */
import { checkOptions, oneOf, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { escapeHtml, remember } from '@sluice/http'
import { type DurationForm, durationText } from './durations.ts'
import { SluiceError } from './errors.ts'
import { english, type QuotaTexts, type Text } from './texts.ts'

/** Translations by language tag: `{ de: { title: 'Ihr Kontingent' } }`. */
export type Translations = Readonly<Record<string, Partial<QuotaTexts>>>

/** Texts for one reader. All of them are HTML, in which values that are text have been escaped. */
export interface Voice {
  readonly language: string
  /** Whose numbers the page has: that of the reader, which may be of a language that the texts are not in. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  /** @param values - HTML by placeholder @param count - chooses the plural form, and is `{count}` unless `values` has one */
  say(name: Exclude<keyof QuotaTexts, 'dir'>, values?: Readonly<Record<string, string>>, count?: number): string
  /** "3rd". */
  place(position: number): string
  number(value: number): string
  percent(share: number): string
  /** "60 minutes". */
  minutes(count: number): string
  /** A wait that the script of the page counts down. */
  wait(ms: number, form: DurationForm): string
}

/** Characters of `Accept-Language` that are remembered, and of which more are not read. Browsers send some 40. */
const longest = 256

/** @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_CHOICE` for a language that is no tag, or a text that is none */
export function voices(translations: Translations = {}): (acceptLanguage: string | undefined) => Voice {
  const byLanguage = new Map<string, QuotaTexts>([['en', english]])
  if (typeof translations !== 'object' || translations === null)
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'texts',
      wanted: 'texts by language, such as { de: { ... } }',
      value: translations,
    })
  for (const [language, texts] of Object.entries(translations)) {
    byLanguage.set(canonical(language) ?? notATag(language), { ...english, ...checkTexts(texts, `texts.${language}`) })
  }
  const known = remember(longest, (header: string) => voiceOf(tagsIn(header), byLanguage))
  return (header = '') => known(header.length > longest ? '' : header)
}

function notATag(language: string): never {
  throw new SluiceError(SLUICE_OPTION_TYPE, {
    option: 'A name in `texts`',
    wanted: "a language tag such as 'de' or 'pt-BR'",
    value: language,
  })
}

function checkTexts(texts: unknown, option: string): Partial<QuotaTexts> {
  checkOptions(texts, option, Object.keys(english))
  for (const [name, text] of Object.entries(texts as Partial<QuotaTexts>)) {
    if (name === 'dir') oneOf(text, `${option}.dir`, ['ltr', 'rtl'])
    else if (!isText(text))
      throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${option}.${name}`, wanted: 'a text, or { other: text }', value: text })
  }
  return texts as Partial<QuotaTexts>
}

function isText(text: unknown): boolean {
  if (typeof text === 'string') return true
  const forms = Object.entries(Object(text) as object)
  return 'other' in Object(text) && forms.every(([form, one]) => /^(zero|one|two|few|many|other)$/.test(form) && typeof one === 'string')
}

/** The tags of a header in the order of the reader's wish. What is malformed is left out. */
function tagsIn(header: string): readonly string[] {
  const wishes = header.split(',').flatMap((member) => {
    const [, tag = '', quality = '1'] = /^\s*([a-z]{2,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i.exec(member) ?? []
    const name = canonical(tag)
    return name === undefined || Number(quality) === 0 ? [] : [{ name, quality: Number(quality) }]
  })
  return wishes.sort((one, other) => other.quality - one.quality).map(({ name }) => name)
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

function voiceOf(tags: readonly string[], byLanguage: ReadonlyMap<string, QuotaTexts>): Voice {
  const language = tags.flatMap(prefixesOf).find((tag) => byLanguage.has(tag)) ?? 'en'
  const texts = byLanguage.get(language)!
  const locale = localeFor(tags, language)
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const spans = new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' })
  const plural = new Intl.PluralRules(language)
  const ordinal = new Intl.PluralRules(language, { type: 'ordinal' })

  const number = (value: number): string => escapeHtml(numbers.format(value))
  return {
    language,
    locale,
    dir: texts.dir,
    number,
    percent: (share) => escapeHtml(percents.format(share)),
    minutes: (count) => escapeHtml(spans.format(count)),
    place: (position) => fill(formOf(texts.ordinal, ordinal.select(position)), { count: number(position) }),
    say(name, values = {}, count = 0) {
      return fill(formOf(texts[name], plural.select(count)), { count: number(count), ...values })
    },
    wait: (ms, form) => waitElement(ms, form, language),
  }
}

/** `de-AT`, then `de`. */
function prefixesOf(tag: string): readonly string[] {
  const parts = tag.split('-')
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('-'))
}

/** The reader's own format where it belongs to the language; otherwise its separators, with the digits that the texts have. */
function localeFor(tags: readonly string[], language: string): string {
  const [primary] = language.split('-')
  const own = tags.find((tag) => tag.split('-')[0] === primary)
  const [wished] = Intl.NumberFormat.supportedLocalesOf(tags[0] === undefined ? [] : [tags[0]])
  if (wished === undefined || tags[0] === own) return own ?? language
  return new Intl.Locale(wished, { numberingSystem: 'latn' }).toString()
}

function formOf(text: Text, form: Intl.LDMLPluralRule): string {
  return typeof text === 'string' ? text : (text[form] ?? text.other)
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return escapeHtml(template).replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? values[name]! : placeholder,
  )
}

/** The furthest moment that a date can be. */
const lastMs = 8.64e15

function waitElement(ms: number, form: DurationForm, language: string): string {
  const end = Date.now() + ms
  const title = end < lastMs ? ` title="${new Date(end).toISOString().replace('T', ' ').replace(/\..*/, ' UTC')}"` : ''
  const text = escapeHtml(durationText(ms, form, language))
  return `<time datetime="PT${Math.ceil(ms / 1000)}S" data-ms="${Math.ceil(ms)}" data-form="${form}"${title}>${text}</time>`
}
