/** The operators' page as it is sent first: complete without scripts, and kept up to date with them. */
import { escapeHtml, htmlDocument } from '@sluice/http'
import type { LiveSeries } from '../live/process-figures.ts'
import type { PartName, Parts } from './parts.ts'
import { previewForm } from './preview.ts'
import { operatorsScript } from './script.generated.ts'
import { styles } from './styles.ts'
import { trafficPicture } from './traffic.ts'

/** What the page is made of. */
export interface OperatorsPageFacts {
  readonly parts: Parts
  readonly series: LiveSeries
  readonly who: string
  /** Whether it has the form that asks which limits a request would meet. */
  readonly hasPreview: boolean
}

const part = ({ parts }: OperatorsPageFacts, name: PartName): string => `<div id="${name}">${parts[name]}</div>`

/** @param nonce - lets its policy accept styles and script */
export function operatorsPage(facts: OperatorsPageFacts, nonce: string): string {
  const { parts, series, who, hasPreview } = facts
  const body = [
    '<main>',
    `<div class="top"><p>Limits now</p><p>${escapeHtml(who)}</p></div>`,
    '<p role="status" id="note" class="note" hidden></p>',
    `<h1 id="heading">${parts.heading}</h1>`,
    `<div id="notices" role="status">${parts.notices}</div>`,
    section('traffic', 'Traffic', '', `${legend}<div id="traffic">${trafficPicture(series)}</div>`),
    section('limits', 'Limits', filter, `${part(facts, 'limits')}${chart}`),
    section('who', 'Who', other, `<div class="columns">${part(facts, 'refused')}${part(facts, 'blocked')}</div>`),
    section('health', 'Health', '', `${part(facts, 'health')}${part(facts, 'providers')}`),
    section('policy', 'Policy', '', `${part(facts, 'policy')}${hasPreview ? previewForm : ''}`),
    section('actions', 'Done here', '', part(facts, 'actions')),
    '</main>',
    dialog,
    `<script nonce="${nonce}" src="?asset=${operatorsScript.hash}"></script>`,
  ].join('\n')
  return htmlDocument({ lang: 'en', title: 'Limits now', styles, body, nonce })
}

/** @param beside - what stands in the line of the title */
function section(name: string, title: string, beside: string, content: string): string {
  return `<section aria-labelledby="h-${name}"><div class="row"><h2 id="h-${name}">${title}</h2>${beside}</div>\n${content}</section>`
}

const legend = [
  '<p class="legend"><span class="mark admitted">admitted</span> <span class="mark refused">refused</span>',
  ' a second, last 15 minutes<span class="js">; drag to zoom, double-click to see all</span></p>',
].join('')

const filter = '<label class="js">Filter <kbd>/</kbd> <input id="filter" type="search" autocomplete="off" spellcheck="false"></label>'

const chart =
  '<div id="chart" class="card" hidden><div class="row"><h3></h3><button type="button" class="close">Close</button></div><div></div></div>'

const other = '<button type="button" class="js" id="other">Another key…</button>'

const waits = { '10m': '10 minutes', '1h': '1 hour', '1d': '1 day', '7d': '7 days', forever: 'ever' }
const options = Object.entries(waits).map(
  ([value, text]) => `<option value="${value}"${value === '1h' ? ' selected' : ''}>${text}</option>`,
)

/** Asks once: a button of the dialog does what it says. */
const dialog = [
  '<dialog id="act" aria-labelledby="act-title"><form method="dialog">',
  '<h2 id="act-title"></h2>',
  '<div id="act-key"><label>Limit <select name="limit"></select></label>',
  '<label>Key <input name="key" autocomplete="off" spellcheck="false"></label>',
  '<p class="quiet">As the limit counts it: an address, a name, or JSON such as <code>["acme", 7]</code>.</p></div>',
  '<p id="act-said" role="status"></p>',
  '<div class="buttons"><button type="button" value="inspect">Inspect</button>',
  `<span><button type="button" value="block">Block for</button> <select name="duration" aria-label="How long">${options.join('')}</select></span>`,
  '<button type="button" value="lift">Lift the block</button><button type="button" value="reset">Reset</button></div>',
  '<div class="buttons" id="act-sure" hidden><button type="button" id="act-yes"></button><button type="button" id="act-no">No</button></div>',
  '<button class="close">Close</button></form></dialog>',
].join('\n')

/** A page that says one sentence. */
export function plainOperatorsPage(sentence: string, hint: string, nonce: string): string {
  const body = `<main><h1>${escapeHtml(sentence)}</h1><p class="quiet">${escapeHtml(hint)}</p></main>`
  return htmlDocument({ lang: 'en', title: 'Limits now', styles, body, nonce })
}
