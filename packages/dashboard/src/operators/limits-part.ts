/** The table of limits: what each admits and refuses. */
import { escapeHtml } from '@sluice/http'
import type { LiveState } from '../live/live-state.ts'
import { numberCell, sortHeader, tableOf } from './html.ts'
import { rateText, shareText } from './words.ts'

const head = [
  sortHeader('Limit', false),
  sortHeader('Admitted/s'),
  sortHeader('Refused/s'),
  sortHeader('Refused'),
  sortHeader('Near'),
  sortHeader('Shadow-refused/s'),
].join('')

/** Those that refuse most come first, then those with the most traffic. */
export function limitsPart({ limits }: LiveState): string {
  const sorted = [...limits].sort((a, b) => b.refused - a.refused || b.admitted - a.admitted || (a.name < b.name ? -1 : 1))
  return tableOf({
    caption: 'Limits, a second over the last ten',
    head,
    rows: sorted.map(rowOf),
    empty: 'No limit has decided anything yet. Send a request to a route that has a limit, and it stands here within a second.',
  })
}

function rowOf({ name, admitted, near, refused, shadow }: LiveState['limits'][number]): string {
  const all = admitted + refused
  const [refusedShare, nearShare] = all === 0 ? [0, 0] : [refused / all, near / all]
  const isRefusing = refused > 0
  const text = escapeHtml(name)
  return `<tr data-key="${text}"${isRefusing ? ' class="refused"' : ''}><th scope="row"><button type="button" class="open limit" data-limit="${text}" aria-expanded="false">${text}</button></th>${[
    numberCell(admitted, rateText(admitted)),
    numberCell(refused, rateText(refused), isRefusing ? 'refused' : ''),
    numberCell(refusedShare, shareText(refusedShare)),
    numberCell(nearShare, shareText(nearShare), near > 0 ? 'near' : ''),
    numberCell(shadow, rateText(shadow)),
  ].join('')}</tr>`
}
