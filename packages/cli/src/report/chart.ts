/** Requests over time as a picture in HTML: admitted ones, and refused ones on top. */

import { counted } from '../counted.ts'
import { html } from '../escape.ts'
import { columnsOf, type Plotted } from './plot.ts'

const width = 960
const height = 160

/** The chart, with its axes in words. @param title - what it shows, for those who do not see it */
export function chart(plotted: Plotted, title: string): string {
  const columns = columnsOf(plotted, 240)
  const top = Math.max(...columns.map(({ requests }) => requests), 1)
  const each = width / columns.length
  const bar = (kind: string, at: number, from: number, count: number): string =>
    count === 0
      ? ''
      : `<rect class="${kind}" x="${number(at * each)}" y="${number(height * (1 - (from + count) / top))}" width="${number(each)}" height="${number(Math.max(1, (height * count) / top))}"/>`
  const bars = columns.map(
    ({ requests, refused }, at) => bar('admitted', at, 0, requests - refused) + bar('refused', at, requests - refused, refused),
  )
  const minutes = plotted.stepMs / 60_000
  const end = new Date(Date.parse(plotted.from) + plotted.requests.length * plotted.stepMs).toISOString()
  const [from, to] = [plotted.from, end].map((time) => html(time.slice(0, 16).replace('T', ' ')))
  const step = minutes === 1 ? 'a minute' : `each ${minutes} minutes`
  return `<figure><figcaption>${html(title)}. Top: ${counted(Math.round(top))} ${step}.</figcaption><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img"><title>${html(title)}</title>${bars.join('')}</svg><div class="ends"><span>${from}</span><span>${to}</span></div></figure>`
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100)
}
