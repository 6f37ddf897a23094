/** What is wrong, and how the stores and providers are. */
import { escapeHtml } from '@sluice/http'
import type { LiveState } from '../live/live-state.ts'
import { numberCell, tableOf } from './html.ts'
import { countText, millisecondsText, rateText, spanText } from './words.ts'

/** What is wrong now. Empty where nothing is. */
export function noticesPart({ outages, alone, policy, usage, atMs }: LiveState): string {
  const overflowing = [...new Set(usage.flatMap((one) => one.overflowing))]
  return [
    ...outages.map(({ provider, code, reason, sinceMs }) => {
      const what = provider === null ? 'The store does not answer' : `The store of provider ${provider} does not answer`
      return notice('refused', `${what} since ${timeOf(sinceMs)}, ${spanText(atMs - sinceMs)} ago: ${reason} (${code}).`)
    }),
    ...(alone === null ? [] : [notice('near', `These are the figures of this process alone. Those of others cannot be read: ${alone}.`)]),
    ...(policy === null || policy.refusal === null ? [] : [notice('near', `The latest policy document was refused: ${policy.refusal}`)]),
    ...(overflowing.length === 0
      ? []
      : [notice('near', `A memory store is full: new keys of ${overflowing.join(', ')} share one bucket. Raise maxBuckets.`)]),
  ].join('')
}

const icons = { near: '▲', refused: '✕' } as const

function notice(kind: keyof typeof icons, text: string): string {
  return `<p class="notice ${kind}"><span aria-hidden="true">${icons[kind]}</span> ${escapeHtml(text)}</p>`
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`
}

/** Figures of stores, caches and faults. */
export function healthPart(state: LiveState): string {
  const { storeCalls, p50Ms, p99Ms, cached, local, usage, callsInRoundTrip, processes, faults, atMs } = state
  const buckets = usage.reduce((sum, one) => sum + one.buckets, 0)
  const room = usage.reduce((sum, one) => sum + one.maxBuckets, 0)
  const facts: [string, string][] = [
    [
      'Calls of the store',
      storeCalls === 0
        ? 'none in the last minute: stores in memory answer at once'
        : `${countText(storeCalls)} in the last minute; half within ${millisecondsText(p50Ms)}, 99 % within ${millisecondsText(p99Ms)}`,
    ],
    ['Decided by a cache', `${rateText(cached)} a second`],
    ['Decided here in an outage', `${rateText(local)} a second`],
    ...(usage.length === 0 ? [] : [['Buckets in memory', `${countText(buckets)} of ${countText(room)}`] satisfies [string, string]]),
    ...(callsInRoundTrip === null ? [] : [['Calls in a round trip to Redis', rateText(callsInRoundTrip)] satisfies [string, string]]),
    ['Processes', processes === 1 ? 'one' : `${countText(processes)} together; the chart begins with the process that answers`],
  ]
  const rows = faults.map(
    ({ code, limit, count, lastMs }) =>
      `<tr data-key="${escapeHtml(`${code} ${limit}`)}"><th scope="row">${escapeHtml(code)}</th><td>${escapeHtml(limit ?? '')}</td>${numberCell(count, countText(count))}<td>${spanText(atMs - lastMs)} ago</td></tr>`,
  )
  const table = tableOf({ caption: 'Functions of the application that failed', head: faultHead, rows, empty: '' })
  return `<dl>${facts.map(([name, text]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>${rows.length === 0 ? '' : table}`
}

const faultHead = '<th scope="col">Code</th><th scope="col">Limit</th><th scope="col" class="n">Times</th><th scope="col">Last</th>'

const providerHead = ['Provider', 'Limits', 'Waiting', 'In flight', 'Next call waits', 'Sent/min', 'Turned away/min', 'Limited by it/min']
  .map((name, i) => `<th scope="col"${i > 1 ? ' class="n"' : ''}>${name}</th>`)
  .join('')

/** The queues of providers, and the quotas that they give. */
export function providersPart({ providers }: LiveState): string {
  return tableOf({
    caption: 'Providers',
    head: providerHead,
    rows: providers.map(({ name, limits, waiting, inFlight, waitMs, sent, refused, limited }) => {
      const quotas = Object.entries(limits).map(([limit, capacity]) => `${limit} ${countText(capacity)}`)
      return `<tr data-key="${escapeHtml(name)}"><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(quotas.join(', '))}</td>${[
        numberCell(waiting, countText(waiting)),
        numberCell(inFlight, countText(inFlight)),
        numberCell(waitMs ?? 0, waitMs === null ? 'unknown' : waitMs === 0 ? 'not at all' : spanText(waitMs)),
        numberCell(sent, countText(sent)),
        numberCell(refused, countText(refused), refused > 0 ? 'near' : ''),
        numberCell(limited, countText(limited), limited > 0 ? 'refused' : ''),
      ].join('')}</tr>`
    }),
    empty: 'No provider is watched. Pass <code>providers</code> to <code>createLiveView</code> to see their queues.',
  })
}
