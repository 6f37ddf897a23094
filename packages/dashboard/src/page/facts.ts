/** What one quota page is made of. */
import type { QuotaDocument, QuotaOfLimit } from '@sluice/http'
import { escapeHtml } from '@sluice/http'
import type { Voice } from '../voice.ts'

/** A text, or one for each language: `(language) => language === 'de' ? 'Anfragen' : 'Requests'`. */
export type LabelText = string | ((language: string) => string)

/** How the page calls a limit. All of it is text. */
export interface LimitLabel {
  /** In place of the name of the limit. @default the name */
  readonly title?: LabelText | undefined
  /** In place of the rule in English words, such as "100 a minute". @default the rule in words */
  readonly rule?: LabelText | undefined
  /**
   * Units as people read them, for a limit that does not count requests. 21,000 micro-dollars are `$0.02`. The page never calls these units
   * requests.
   * @default the number, in the reader's format
   */
  readonly amount?: ((units: number, locale: string) => string) | undefined
}

/** Everything that the page says. */
export interface PageFacts {
  readonly document: QuotaDocument
  /** Whether requests are served while the state is unknown. */
  readonly isServed: boolean
  /** Milliseconds since the document was read, by which its waits are shorter now. */
  readonly ageMs: number
  readonly account?: string | undefined
  readonly plan?: string | undefined
  readonly labels: Readonly<Record<string, LimitLabel>>
  readonly voice: Voice
}

/** The part of a label that is not there is that of the limit itself. */
export function labelOf({ labels }: PageFacts, name: string): LimitLabel {
  return Object.hasOwn(labels, name) ? labels[name]! : {}
}

/** The name of a limit as HTML. It keeps its direction within texts of another. */
export function titleOf(facts: PageFacts, name: string): string {
  return `<bdi>${textOf(labelOf(facts, name).title, facts) ?? escapeHtml(name)}</bdi>`
}

/** What a limit admits, as HTML. */
export function ruleOf(facts: PageFacts, { name, rule }: QuotaOfLimit): string {
  const own = textOf(labelOf(facts, name).rule, facts)
  if (own !== undefined) return own
  return facts.voice.language === 'en' ? escapeHtml(rule) : `<span lang="en" dir="ltr">${escapeHtml(rule)}</span>`
}

/** So many units of a limit, as HTML. */
export function amountOf(facts: PageFacts, name: string, units: number): string {
  const { amount } = labelOf(facts, name)
  return amount === undefined ? facts.voice.number(units) : escapeHtml(String(amount(units, facts.voice.locale)))
}

/** What is left of a wait now. */
export function waitOf({ ageMs, voice }: PageFacts, ms: number, form: 'when' | 'long'): string {
  return voice.wait(Math.max(0, ms - ageMs), form)
}

function textOf(text: LabelText | undefined, { voice }: PageFacts): string | undefined {
  if (text === undefined) return undefined
  return escapeHtml(String(typeof text === 'string' ? text : text(voice.language)))
}
