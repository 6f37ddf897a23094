/** The report of a simulation as one HTML file: no script, nothing loaded, and every text of the log escaped. */
import { createHash } from 'node:crypto'
import { counted, percent } from '../counted.ts'
import { html } from '../escape.ts'
import type { LimitResult, SimulationResult, Suggestion } from '../simulation-result.ts'
import { chart } from './chart.ts'
import { styles } from './styles.ts'
import { headline, notes } from './text.ts'

/** Nothing but these styles: no script, image, font, form or frame. */
const contentPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(styles).digest('base64')}'; base-uri 'none'; form-action 'none'`

/** The whole page, answer first. */
export function htmlReport(result: SimulationResult): string {
  const { log, limits, refusedRoutes, busiestRoutes, suggestions = [], suggestFor = 0 } = result
  const sections = [
    `<h1>${html(headline(result))}</h1>`,
    `<p class="quiet">${html(log.path)}, ${html(timeOf(log.from))} to ${html(timeOf(log.to))} UTC</p>`,
    ...notes(result).map((note) => `<p class="note">${html(note).replaceAll('\\x0a', '<br>')}</p>`),
    card('Requests over time', chart(result.steps, 'Admitted requests, and refused ones on top of them')),
    card('Limits', tableOf(['limit', 'counted by', 'applied', 'refused', 'share'], limits.map(limitRow))),
    ...limits.map((limit) => card(limit.name, limitParts(result, limit))),
    card(
      'Routes',
      [
        ...(refusedRoutes.length === 0 ? [] : [tableOf(['refused routes', 'refused'], rowsOf(refusedRoutes))]),
        tableOf(['busiest routes', 'requests'], rowsOf(busiestRoutes)),
      ].join(''),
    ),
    ...suggestions.map((suggestion) => card(`Capacity of ${suggestion.limit}`, suggested(suggestion, suggestFor))),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(contentPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${html(headline(result))}</title>
<style>${styles}</style>
</head>
<body><main>
${sections.join('\n')}
</main></body>
</html>
`
}

function card(title: string, content: string): string {
  return `<section><h2>${html(title)}</h2>${content}</section>`
}

function limitParts(result: SimulationResult, { refusedPerStep, refusedKeys, busiestKeys, keysMissed, shadow }: LimitResult): string {
  const what = shadow ? 'Requests that it would have refused' : 'Requests that it refused'
  const refusedChart =
    refusedKeys.length === 0
      ? `<p class="quiet">It refused nothing.</p>`
      : chart({ ...result.steps, requests: refusedPerStep, refused: refusedPerStep }, what)
  const missed = keysMissed === 0 ? '' : `<p class="quiet">There are many keys: each count may be up to ${counted(keysMissed)} too low.</p>`
  const refused = refusedKeys.length === 0 ? '' : tableOf(['most refused', 'refused'], rowsOf(refusedKeys))
  return `${refusedChart}${refused}${tableOf(['busiest', 'requests'], rowsOf(busiestKeys))}${missed}`
}

function limitRow({ name, countedBy, applied, refused, shadow }: LimitResult): readonly string[] {
  return [
    shadow ? `${name} (measured only)` : name,
    countedBy,
    counted(applied),
    counted(refused),
    percent(applied === 0 ? 0 : refused / applied),
  ]
}

function rowsOf(names: readonly { readonly name: string; readonly count: number }[]): readonly (readonly string[])[] {
  return names.map(({ name, count }) => [name, counted(count)])
}

function suggested({ capacity, candidates }: Suggestion, share: number): string {
  const answer =
    capacity === null
      ? `Every capacity that was tried refuses more than ${percent(share)}.`
      : `The smallest capacity that refuses at most ${percent(share)} by itself is ${counted(capacity)}.`
  const rows = candidates.map((one) => [
    `${counted(one.capacity)}${one.capacity === capacity ? ' (suggested)' : ''}`,
    counted(one.refused),
    percent(one.share),
  ])
  return `<p>${html(answer)}</p>${tableOf(['capacity', 'refused', 'share'], rows)}`
}

/** Numbers stand to the right. A wide table scrolls by itself, so that the page does not. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = (at: number): boolean => at > 0 && head[at] !== 'counted by'
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell, at) => `<${tag}${isNumber(at) ? ' class="number"' : ''}>${html(cell, 120)}</${tag}>`).join('')
  return `<div class="scroll" tabindex="0"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`
}

function timeOf(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ')
}
