/** The quota page: what a caller has used, when more is there, and what counts. */
import { escapeHtml, htmlDocument } from '@sluice/http'
import type { Voice } from '../voice.ts'
import { card } from './card.ts'
import { type PageFacts, ruleOf, titleOf, waitOf } from './facts.ts'
import { type Heading, headingOf } from './heading.ts'
import { liveScript } from './live.generated.ts'
import { styles } from './styles.ts'

/** A page for one caller, with the script that counts down and asks for news. @param nonce - lets its policy accept styles and script */
export function quotaPage(facts: PageFacts, nonce: string): string {
  const { voice, document } = facts
  const { sentence, more, mark } = headingOf(facts)
  const isLimited = document.state === 'limited'
  const body = `<main data-state="${document.state}" data-live>
${top(facts)}
<p role="status" class="unseen" data-keep>${isLimited && mark !== undefined ? mark.text : ''}</p>
<p role="status" class="note" data-keep hidden>${voice.say('offline')}</p>
${chip(mark)}
<h1>${sentence}</h1>
<p class="more">${[...more, queue(facts)].filter((text) => text !== '').join(' ')}</p>
${document.limits.length === 0 ? '' : cards(facts)}
</main>
<script nonce="${nonce}">${liveScript}</script>`
  return pageOf(voice, body, nonce)
}

const icons = { near: '▲', refused: '✕', unknown: '?' } as const

/** Also where there is nothing to mark: what follows has one place in every state, so that the script can leave it there. */
function chip(mark: Heading['mark']): string {
  if (mark === undefined) return '<p class="chip" hidden></p>'
  return `<p class="chip ${mark.kind}"><span aria-hidden="true">${icons[mark.kind]}</span> ${mark.text}</p>`
}

/** A page that has no quota to show. */
export function plainPage(voice: Voice, sentence: string, hint: string, nonce: string): string {
  const top = `<div class="top"><p>${voice.say('title')}</p></div>`
  return pageOf(voice, `<main data-state="none">\n${top}\n<h1>${sentence}</h1>\n<p class="more">${hint}</p>\n</main>`, nonce)
}

function pageOf({ language, dir, say }: Voice, body: string, nonce: string): string {
  // The title of a document is text, and is escaped once more.
  const title = say('title').replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
  return htmlDocument({ lang: language, dir, title, styles, body, nonce })
}

function top({ voice, account, plan }: PageFacts): string {
  const parts = [
    ...(account === undefined ? [] : [`<bdi>${escapeHtml(account)}</bdi>`]),
    ...(plan === undefined ? [] : [voice.say('plan', { plan: `<bdi>${escapeHtml(plan)}</bdi>` })]),
  ]
  return `<div class="top"><p>${voice.say('title')}</p><p>${parts.join(' · ')}</p></div>`
}

function queue(facts: PageFacts): string {
  const { document, voice } = facts
  if (document.queue === undefined) return ''
  const { position, waiting, waitMs } = document.queue
  const values = { place: voice.place(position), duration: waitOf(facts, waitMs, 'long'), when: waitOf(facts, waitMs, 'when') }
  return voice.say(waiting > 1 ? 'queueMore' : 'queue', values, waiting)
}

function cards(facts: PageFacts): string {
  const { document, voice } = facts
  const { limits } = document
  const rules = limits.map((limit) => `<dt>${titleOf(facts, limit.name)}</dt><dd>${ruleOf(facts, limit)}</dd>`)
  return `<ul class="cards" role="list">
${limits.map((limit) => card(facts, limit)).join('\n')}
</ul>
${slowest(facts)}<details><summary>${voice.say('whatCounts')}</summary>
<p>${voice.say('counting')}</p>
<dl>${rules.join('')}</dl></details>`
}

/** A single limit says it on its card. */
function slowest(facts: PageFacts): string {
  const refilling = facts.document.limits.filter(({ used, unit }) => used > 0 && unit !== 'concurrent-requests')
  if (facts.document.limits.length === 1 || refilling.length === 0) return '<p></p>'
  const { name, resetAfterMs } = refilling.reduce((last, next) => (next.resetAfterMs > last.resetAfterMs ? next : last))
  const values = { name: titleOf(facts, name), when: waitOf(facts, resetAfterMs, 'when'), duration: waitOf(facts, resetAfterMs, 'long') }
  return `<p>${facts.voice.say('slowest', values)}</p>`
}
