/** Who is refused most, and who is blocked. */
import { escapeHtml } from '@sluice/http'
import type { LiveState } from '../live/live-state.ts'
import { keyHead, numberCell, sortHeader, tableOf, textCell } from './html.ts'
import { countText, shareText, spanText } from './words.ts'

const refusedHead = [sortHeader('Key', false), sortHeader('Limit', false), sortHeader('Refusals'), sortHeader('Of all')].join('')

/** The keys that were refused most. */
export function refusedPart({ keys, refusals }: LiveState): string {
  return tableOf({
    caption: `Refused most, of ${refusals === 1 ? 'one refusal' : `${countText(refusals)} refusals`} in the last 10 to 15 minutes`,
    head: refusedHead,
    rows: keys.map(
      (key) =>
        `<tr data-key="${escapeHtml(key.token)}">${keyHead(key)}${textCell(key.limit)}${numberCell(key.count, countText(key.count))}${numberCell(key.share, shareText(key.share))}</tr>`,
    ),
    empty: 'No refusals in the last 15 minutes. Send more requests than a limit admits to see whom it refuses.',
  })
}

const blockedHead = [sortHeader('Key', false), sortHeader('Limit', false), sortHeader('Blocked for')].join('')

/** The keys that are blocked, by bans and by operators. */
export function blockedPart({ blocked }: LiveState): string {
  return tableOf({
    caption: 'Blocked now',
    head: blockedHead,
    rows: blocked.map((key) => {
      const { blockedForMs } = key
      const cell = numberCell(blockedForMs ?? Number.MAX_SAFE_INTEGER, blockedForMs === null ? 'for ever' : spanText(blockedForMs))
      return `<tr data-key="${escapeHtml(key.token)}">${keyHead(key)}${textCell(key.limit)}${cell}</tr>`
    }),
    empty: 'Nobody is blocked. A key is blocked by the <code>ban</code> of a limit, or by you.',
  })
}
