/** The last hour of a limit as a small picture: a bar for each minute, with minutes near the limit and minutes with refusals marked by shape. */
import type { QuotaMinute } from '@sluice/http'
import { amountOf, type PageFacts } from './facts.ts'

/** Units of the picture: a minute is so wide, a bar so high at most, and a mark above it so large. */
const pitch = 4
const bar = 20
const mark = 7
const mostMinutes = 60

/** The picture and its caption, as HTML. Where nothing was used or refused there is only a line. */
export function sparkline(facts: PageFacts, name: string, history: readonly QuotaMinute[]): string {
  const { voice } = facts
  // What began later stands at the end, where now is.
  const minutes = history.slice(-mostMinutes)
  const most = Math.max(1, ...minutes.map(({ used }) => used))
  const total = minutes.reduce((sum, { used }) => sum + used, 0)
  const paths = { bars: '', near: '', refused: '' }
  let near = 0
  let refused = 0
  minutes.forEach((minute, i) => {
    const x = (mostMinutes - minutes.length + i) * pitch
    if (minute.used > 0) paths.bars += `M${x + 0.5} ${mark + bar}v-${height(minute.used, most)}h3v${height(minute.used, most)}z`
    if (minute.refused > 0) {
      refused++
      paths.refused += `M${x} 1l4 4m0-4l-4 4`
    } else if (minute.near) {
      near++
      paths.near += `M${x} 5h4l-2-4z`
    }
  })
  const parts = [
    voice.say('history', { duration: voice.minutes(minutes.length) }),
    voice.say('historyUsed', { count: amountOf(facts, name, total) }, total),
  ]
  const marks = [
    ...(near > 0 ? [`<span class="near"><span aria-hidden="true">▲</span> ${voice.say('historyNear', {}, near)}</span>`] : []),
    ...(refused > 0 ? [`<span class="refused"><span aria-hidden="true">✕</span> ${voice.say('historyRefused', {}, refused)}</span>`] : []),
  ]
  const width = mostMinutes * pitch
  return `<svg class="past" viewBox="0 0 ${width} ${mark + bar + 1}" role="img"><title>${parts.join(', ')}</title>
<path class="line" d="M0 ${mark + bar + 0.5}h${width}"/><path class="bars" d="${paths.bars}"/><path class="near" d="${paths.near}"/><path class="refused" d="${paths.refused}"/></svg>
<p class="caption">${[...parts.map((part) => `<span>${part}</span>`), ...marks].join(' ')}</p>`
}

/** At least a line, so that a minute with one request is seen beside one with a thousand. */
function height(used: number, most: number): number {
  return Math.round(Math.max(1, (used / most) * bar) * 10) / 10
}
