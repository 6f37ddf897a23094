/** The terms of a bucket as a text, which scripts compare, count by, and keep beside the bucket; lua/terms.lua says what it consists of. */

import { SluiceError, type Terms } from '@sluice/core'
import { SLUICE_RULE, SLUICE_STORE } from '@sluice/core/internal'
import { kindOf, readRule } from '../kinds/kinds.ts'

const texts = new WeakMap<Terms, string>()

/** The text of terms, which is kept as long as the terms. @throws SluiceError `SLUICE_RULE` for a kind of rule that the scripts do not know */
export function writeTerms(terms: Terms, limit: string): string {
  const known = texts.get(terms)
  if (known !== undefined) return known
  const text = textOf(terms, limit)
  texts.set(terms, text)
  if (sent.size < mostSent) sent.add(`${limit} ${ruleText(text)}`)
  return text
}

/** Rules that this process has sent, each with its limit. */
const sent = new Set<string>()
const mostSent = 10_000

/** Whether this process may have sent a rule for a limit. @param text - of terms with this rule */
export function mayHaveSent(limit: string, text: string): boolean {
  return sent.size >= mostSent || sent.has(`${limit} ${ruleText(text)}`)
}

/** The text of terms without the initial units and the version. */
function ruleText(text: string): string {
  return text.split('@', 1)[0]!
}

function textOf({ rule, initial, version }: Terms, limit: string): string {
  const parts = kindOf(rule)?.write(rule)
  if (parts === undefined) throw new SluiceError(SLUICE_RULE, { name: limit, value: rule })
  const { letter, capacity, numbers, published } = parts
  const start = initial < capacity ? base36(initial) : ''
  const suffix = version > 0 ? `@${start}@${base36(version)}` : start === '' ? '' : `@${start}`
  return `${letter}${[capacity, ...numbers].map(base36).join()},${published}${suffix}`
}

/** Terms that were last read, so that equal texts give the same object. */
const known = new Map<string, Terms>()
const mostKnown = 1000

/** The terms of a text that a script sent back. @throws SluiceError `SLUICE_STORE` for another text */
export function readTerms(text: string): Terms {
  const terms = known.get(text) ?? termsOf(text)
  if (known.size >= mostKnown) known.clear()
  known.set(text, terms)
  return terms
}

function termsOf(text: string): Terms {
  const match = /^([a-z#])(\w+),(\w+),(\w+),(\w+),([^@]*)(?:@(\w*))?(?:@(\w+))?$/.exec(text)
  const [, letter, ...rest] = match ?? []
  const [capacity, rate, scale, periodUs] = rest.slice(0, 4).map((digits) => Number.parseInt(digits, 36)) as [
    number,
    number,
    number,
    number,
  ]
  const rule = match === null ? undefined : readRule({ letter: letter!, capacity, numbers: [rate, scale, periodUs], published: rest[4]! })
  if (rule === undefined) throw new SluiceError(SLUICE_STORE, {}, { cause: new Error(`The store sent a text that is not terms: ${text}`) })
  const [, , , , , initial, version] = rest
  return Object.freeze({
    rule: Object.freeze(rule),
    initial: initial ? Number.parseInt(initial, 36) : capacity,
    version: version ? Number.parseInt(version, 36) : 0,
  })
}

function base36(number: number): string {
  return number.toString(36)
}
