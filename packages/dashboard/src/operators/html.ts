/** Pieces of HTML that the parts of the operators' page share. Each text in them is escaped. */
import { escapeHtml } from '@sluice/http'
import type { NamedKey } from '../live/key-names.ts'

/** A cell with a number, by which its column is sorted. */
export function numberCell(value: number, text: string, kind = ''): string {
  return `<td class="n${kind === '' ? '' : ` ${kind}`}" data-v="${Math.round(value * 10_000) / 10_000}">${escapeHtml(text)}</td>`
}

/** A cell with a text. */
export function textCell(text: string): string {
  return `<td>${escapeHtml(text)}</td>`
}

/** A column whose header sorts it. Without scripts it is a text. */
export function sortHeader(text: string, isNumber = true): string {
  return `<th scope="col"${isNumber ? ' class="n"' : ''}><button type="button" class="sort">${escapeHtml(text)}</button></th>`
}

/** A line that stands where a table has no rows. */
export function emptyLine(html: string): string {
  return `<p class="empty">${html}</p>`
}

/** A key as the head of a row, which opens what can be done with it. */
export function keyHead({ token, limit, label }: NamedKey): string {
  return `<th scope="row"><button type="button" class="open key" data-token="${escapeHtml(token)}" data-limit="${escapeHtml(limit)}" data-label="${escapeHtml(label)}">${escapeHtml(label)}</button></th>`
}

/** A table with its rows, or what stands in their place. */
export function tableOf({ caption, head, rows, empty }: { caption: string; head: string; rows: readonly string[]; empty: string }): string {
  if (rows.length === 0) return emptyLine(empty)
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}
