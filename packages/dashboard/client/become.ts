/** Changing a page into another one of the same shape. */

/** What stays as the reader has it. */
export interface Keep {
  /** Attributes that only the page itself sets. */
  readonly attributes: readonly string[]
}

/**
 * Changes what differs and nothing else, so that focus, selection and what is open stay. Elements of all states are in the same order. Rows
 * that have a `data-key` are found by it and stay where they are; `data-at` says where the server has them.
 */
export function become(old: Element, next: Element, keep: Keep): void {
  if ('keep' in (old as HTMLElement).dataset && 'keep' in (next as HTMLElement).dataset) return
  for (const { name } of [...old.attributes]) if (!keep.attributes.includes(name) && !next.hasAttribute(name)) old.removeAttribute(name)
  for (const { name, value } of next.attributes) {
    if (keep.attributes.includes(name) && old.hasAttribute(name)) continue
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  }
  if (next.nodeName === 'TBODY') becomeRows(old, next, keep)
  else becomeChildren(old, next, keep)
}

function becomeChildren(old: Element, next: Element, keep: Keep): void {
  const children = [...old.childNodes]
  const wanted = [...next.childNodes]
  for (const child of children.slice(wanted.length)) child.remove()
  wanted.forEach((child, i) => {
    const known = children[i]
    if (known === undefined) old.append(child)
    else if (known.nodeName !== child.nodeName) known.replaceWith(child)
    else if (known instanceof Element) become(known, child as Element, keep)
    else if (known.nodeValue !== child.nodeValue) known.nodeValue = child.nodeValue
  })
}

function becomeRows(old: Element, next: Element, keep: Keep): void {
  const rowsOf = (body: Element): HTMLElement[] => [...body.children] as HTMLElement[]
  const known = new Map(rowsOf(old).map((row) => [row.dataset.key, row]))
  rowsOf(next).forEach((row, i) => {
    row.dataset.at = String(i)
    const own = known.get(row.dataset.key)
    known.delete(row.dataset.key)
    if (own === undefined) old.append(row)
    else become(own, row, keep)
  })
  for (const row of known.values()) row.remove()
}
