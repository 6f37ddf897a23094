/** What operators did on this page. */
import { escapeHtml } from '@sluice/http'
import type { AuditEvent } from './audit.ts'
import { emptyLine } from './html.ts'
import { spanText } from './words.ts'

const done = { inspect: 'inspected', block: 'blocked', lift: 'lifted the block of', reset: 'reset' } as const

export function actionsPart(recent: readonly AuditEvent[], nowMs: number): string {
  if (recent.length === 0) return emptyLine('No action has been taken here since the start. Choose a key to inspect, block or reset it.')
  return `<ol class="actions">${recent.map((event) => `<li>${escapeHtml(sentenceOf(event, nowMs))}</li>`).join('')}</ol>`
}

function sentenceOf({ atMs, who, verb, limit, label, duration, outcome }: AuditEvent, nowMs: number): string {
  const wait = duration === null ? '' : duration === 'forever' ? ' for ever' : ` for ${duration}`
  const result = outcome === 'done' ? '' : ', which failed'
  return `${who} ${done[verb]} ${label} of ${limit}${wait}${result}, ${spanText(Math.max(0, nowMs - atMs))} ago`
}
