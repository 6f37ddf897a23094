/** The card of one limit: how much is used, what it admits, when it is full again, and its last hour. */
import type { QuotaOfLimit } from '@sluice/http'
import { amountOf, type PageFacts, ruleOf, titleOf, waitOf } from './facts.ts'
import { sparkline } from './sparkline.ts'

export function card(facts: PageFacts, limit: QuotaOfLimit): string {
  const { voice } = facts
  const { name, state, used, remaining, capacity, history } = limit
  const left = voice.say('leftOf', { count: amountOf(facts, name, remaining) }, remaining)
  const [usedText, capacityText] = [amountOf(facts, name, used), amountOf(facts, name, capacity)]
  const share = capacity === 0 ? 100 : Math.min(100, (used / capacity) * 100)
  const kind = state === 'limited' ? 'refused' : state
  return `<li class="card ${kind}">
<div class="row"><h2>${titleOf(facts, name)}</h2><p class="left">${left}</p></div>
<div class="row"><svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img"><title>${voice.say('usedOf', { used: usedText, capacity: capacityText })}</title><rect class="${kind}" width="${Math.round(share * 100) / 100}" height="1"/></svg><p class="count" aria-hidden="true">${usedText}/${capacityText}</p></div>
<p class="quiet">${admits(facts, limit)}</p>
${stateLine(facts, limit)}
${history === undefined || history.length === 0 ? '' : sparkline(facts, name, history)}
</li>`
}

/** A share says so in words, since its parent is on the page as well. */
function admits(facts: PageFacts, limit: QuotaOfLimit): string {
  const { voice, document } = facts
  const parent = document.limits.find(({ name }) => name === limit.parent)
  if (parent === undefined || parent.capacity === 0) return ruleOf(facts, limit)
  const share = limit.capacity / parent.capacity
  const values = { parent: titleOf(facts, parent.name), rule: ruleOf(facts, parent), percent: voice.percent(share) }
  if (share === 1 / 2) return voice.say('half', values)
  if (share === 1 / 4) return voice.say('quarter', values)
  return voice.say(Math.abs(share - 1 / 3) < 0.001 ? 'third' : 'share', values)
}

const icons = { near: '▲', refused: '✕' } as const

function stateLine(facts: PageFacts, limit: QuotaOfLimit): string {
  const { voice } = facts
  const { state, blocked, used, unit, retryAfterMs, resetAfterMs } = limit
  const marked = (kind: keyof typeof icons, text: string): string =>
    `<p class="mark ${kind}"><span aria-hidden="true">${icons[kind]}</span> ${text}</p>`
  if (blocked) return marked('refused', voice.say('blockedCard'))
  if (state === 'limited')
    return marked(
      'refused',
      retryAfterMs === null ? voice.say('noWait') : voice.say('limitedCard', { when: waitOf(facts, retryAfterMs, 'when') }),
    )
  // Slots come back when responses end, and the units of a lifetime quota never do: no time tells either.
  const hasEnd = unit !== 'concurrent-requests' && (used === 0 || resetAfterMs > 0)
  const values = { when: waitOf(facts, resetAfterMs, 'when') }
  if (state === 'near') return marked('near', voice.say(hasEnd ? 'nearCard' : 'nearState', values))
  if (used === 0) return `<p class="quiet">${voice.say('fullCard')}</p>`
  return hasEnd ? `<p class="quiet">${voice.say('refillCard', values)}</p>` : '<p class="quiet"></p>'
}
