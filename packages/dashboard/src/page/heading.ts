/** The sentence that answers the reader, before anything else on the page. */
import type { QuotaOfLimit } from '@sluice/http'
import { amountOf, labelOf, type PageFacts, titleOf, waitOf } from './facts.ts'

/** What the page begins with, as HTML. */
export interface Heading {
  readonly sentence: string
  /** Sentences that go on. */
  readonly more: readonly string[]
  /** Whether the reader has to act on it: an icon and a word say so, and a colour. */
  readonly mark?: { readonly kind: 'near' | 'refused' | 'unknown'; readonly text: string } | undefined
}

export function headingOf(facts: PageFacts): Heading {
  const { unlimited = [] } = facts.document
  const heading = limitsHeading(facts)
  if (unlimited.length === 0) return heading
  return { ...heading, more: [...heading.more, ...unlimited.map((name) => facts.voice.say('unlimited', { name: titleOf(facts, name) }))] }
}

function limitsHeading(facts: PageFacts): Heading {
  const { document, voice, isServed } = facts
  switch (document.state) {
    case 'unknown':
      return {
        sentence: voice.say('unknown'),
        more: isServed ? [voice.say('served')] : [],
        mark: { kind: 'unknown', text: voice.say('unknownState') },
      }
    case 'limited':
      return limitedHeading(facts)
    case 'near':
      return { ...openHeading(facts), mark: { kind: 'near', text: voice.say('nearState') } }
    case 'ok':
      return openHeading(facts)
  }
}

function limitedHeading(facts: PageFacts): Heading {
  const { document, voice } = facts
  const refusing = document.limits.filter(({ state }) => state === 'limited')
  const isBlocked = refusing.some(({ blocked }) => blocked)
  const mark = { kind: 'refused', text: voice.say(isBlocked ? 'blockedState' : 'limitedState') } as const
  if (document.retryAfterMs === null) return { sentence: voice.say(isBlocked ? 'blocked' : 'never'), more: [voice.say('noWait')], mark }
  const when = waitOf(facts, document.retryAfterMs, 'when')
  if (isBlocked) return { sentence: voice.say('blockedUntil', { when }), more: [], mark }
  const longest = refusing.find(({ retryAfterMs }) => retryAfterMs === document.retryAfterMs) ?? refusing[0]!
  return {
    sentence: voice.say('limited', { when }),
    more: [voice.say('reached', { name: titleOf(facts, longest.name) }), ...(longest.estimated ? [voice.say('estimated')] : [])],
    mark,
  }
}

/** While a request would be served: how many are left, of the limit that has the fewest. */
function openHeading(facts: PageFacts): Heading {
  const { document, voice } = facts
  if (document.limits.length === 0)
    return { sentence: voice.say('noLimits'), more: document.unlimited === undefined ? [voice.say('free')] : [] }
  const counting = document.limits.filter(({ name }) => labelOf(facts, name).amount === undefined)
  const tightest = counting.length > 0 ? least(counting, ({ remaining }) => remaining) : least(document.limits, shareLeft)
  const { name, remaining, used, resetAfterMs, unit } = tightest
  const isFresh = document.limits.every((limit) => limit.used === 0)
  const sentence =
    counting.length === 0
      ? voice.say('leftAmount', { count: amountOf(facts, name, remaining), name: titleOf(facts, name) })
      : voice.say(isFresh ? 'fresh' : 'left', {}, remaining)
  // Slots come back when responses end, and the units of a lifetime quota never do: no time tells either.
  if (used === 0 || unit === 'concurrent-requests' || resetAfterMs === 0) return { sentence, more: [] }
  const values = {
    count: amountOf(facts, name, used),
    duration: waitOf(facts, resetAfterMs, 'long'),
    when: waitOf(facts, resetAfterMs, 'when'),
  }
  return { sentence, more: [voice.say('more', values, used)] }
}

function shareLeft({ remaining, capacity }: QuotaOfLimit): number {
  return capacity === 0 ? 0 : remaining / capacity
}

function least(limits: readonly QuotaOfLimit[], measure: (limit: QuotaOfLimit) => number): QuotaOfLimit {
  return limits.reduce((best, next) => (measure(next) < measure(best) ? next : best))
}
