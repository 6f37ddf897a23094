/** A race as a page that needs nothing else: the table, and curves as SVG. */
import { writeFileSync } from 'node:fs'
import { countBy, type Run, rowOf, waitingBy } from './runs.ts'
import type { TracedCall } from './trace.ts'

export interface RacePage {
  readonly title: string
  readonly trace: readonly TracedCall[]
  /** Runs of one scenario. */
  readonly runs: readonly Run[]
}

interface Curve {
  readonly name: string
  readonly values: readonly number[]
}

const stepMs = 10_000
const width = 960
const height = 260
const left = 64
const bottom = 28
const colours = ['#888888', '#c2410c', '#a16207', '#4d7c0f', '#0e7490', '#7c3aed', '#1d4ed8', '#db2777', '#78350f', '#f59e0b', '#14b8a6']

/** Writes the page. */
export function writePage(file: string, page: RacePage): void {
  writeFileSync(file, pageOf(page))
}

/** @example writeFileSync('race.html', pageOf({ title: '8819 calls', trace, runs })) */
export function pageOf({ title, trace, runs }: RacePage): string {
  const steps = Math.ceil(Math.max(...runs.map(({ outcome }) => outcome.overMs)) / stepMs)
  const curves = (of: (run: Run) => readonly number[]): Curve[] => runs.map((run) => ({ name: run.contender, values: of(run) }))
  const arrived = sums(
    countBy(
      stepMs,
      steps,
      trace.map(({ atMs }) => atMs),
    ),
  )
  const sent = curves(({ outcome }) =>
    sums(
      countBy(
        stepMs,
        steps,
        outcome.sentMs.map(([, ms]) => ms),
      ),
    ),
  )
  const charts = [
    chart(
      '429s so far',
      curves(({ outcome }) => sums(countBy(stepMs, steps, outcome.limitedAtMs))),
    ),
    chart(
      'Calls that wait',
      curves(({ outcome }) => waitingBy(stepMs, steps, outcome)),
    ),
    chart('Calls that were served so far, and those that arrived', [{ name: 'arrived', values: arrived }, ...sent]),
  ]
  const legend = runs.map(({ contender }, i) => `<li><span style="background:${colourOf(contender, i)}"></span>${escaped(contender)}</li>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Race: ${escaped(title)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 1000px; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; height: auto } svg text { fill: currentColor; font-size: 12px } svg line { stroke: currentColor; opacity: .2 }
table { border-collapse: collapse } td, th { padding: .2rem .8rem; text-align: right } td:nth-child(-n+2), th:nth-child(-n+2) { text-align: left }
ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0 } li span { display: inline-block; width: 1rem; height: .3rem; margin-right: .4rem; vertical-align: middle }
</style>
<h1>Race</h1>
<p>${escaped(title)}. Virtual time; every contender has the two retries of an SDK. Waits are in seconds.</p>
<ul>${legend.join('')}</ul>
${charts.join('\n')}
${tableOf(runs)}
</html>
`
}

function colourOf(name: string, at: number): string {
  return name === 'arrived' ? 'currentColor' : colours[at % colours.length]!
}

function chart(title: string, curves: readonly Curve[]): string {
  const most = Math.max(1, ...curves.flatMap(({ values }) => values))
  const contenders = curves.filter(({ name }) => name !== 'arrived')
  const paths = curves.map((curve) => {
    const { length } = curve.values
    const points = curve.values.map(
      (value, i) => `${(left + ((i + 1) / length) * (width - left)).toFixed(1)} ${yOf(value, most).toFixed(1)}`,
    )
    const colour = colourOf(curve.name, contenders.indexOf(curve))
    return `<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="2"><title>${escaped(curve.name)}</title></path>`
  })
  const grid = [0, 0.5, 1].map((part) => {
    const y = yOf(part * most, most)
    return `<line x1="${left}" x2="${width}" y1="${y}" y2="${y}"/><text x="${left - 8}" y="${y + 4}" text-anchor="end">${Math.round(part * most)}</text>`
  })
  const minutes = ((curves[0]?.values.length ?? 0) * stepMs) / 60_000
  const hours = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 1 ? 'end' : 'middle'
    return `<text x="${left + part * (width - left)}" y="${height - 6}" text-anchor="${anchor}">${Math.round(part * minutes)} min</text>`
  })
  const body = [...grid, ...hours, ...paths].join('')
  return `<h2>${escaped(title)}</h2>\n<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${body}</svg>`
}

function yOf(value: number, most: number): number {
  return 8 + (1 - value / most) * (height - bottom - 8)
}

function tableOf(runs: readonly Run[]): string {
  const rows = runs.map((run) => rowOf(run))
  const head = Object.keys(rows[0] ?? {}).map((name) => `<th>${escaped(name)}</th>`)
  const lines = rows.map(
    (row) =>
      `<tr>${Object.values(row)
        .map((value) => `<td>${escaped(String(value ?? ''))}</td>`)
        .join('')}</tr>`,
  )
  return `<table><tr>${head.join('')}</tr>\n${lines.join('\n')}</table>`
}

function sums(values: readonly number[]): number[] {
  let sum = 0
  return values.map((value) => {
    sum += value
    return sum
  })
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
