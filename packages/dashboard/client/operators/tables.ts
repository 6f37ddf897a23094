/** What readers do with tables: sort them, filter them, and go through them with the arrow keys. */

/** How a table is sorted, by the part that it stands in. */
const sorts = new Map<string, { column: number; isDown: boolean }>()
const filter = document.querySelector<HTMLInputElement>('#filter')!

const partOf = (table: HTMLTableElement): HTMLElement => table.closest<HTMLElement>('main [id]')!

/** Sorts and filters the tables as their reader wants. Nothing moves under the pointer or around the focus. */
export function arrange(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('main .scroll table')) {
    const { id } = partOf(table)
    if (id === 'limits') hideOthers(table)
    if (!table.matches(':hover') && !table.contains(document.activeElement)) sort(table, sorts.get(id))
  }
}

function sort(table: HTMLTableElement, by: { readonly column: number; readonly isDown: boolean } | undefined): void {
  const body = table.tBodies[0]!
  const rows = [...body.rows]
  const placeOf = (row: HTMLTableRowElement): number | string => {
    if (by === undefined) return Number(row.dataset.at ?? row.rowIndex)
    const cell = row.cells[by.column]!
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v)
  }
  const compare = (a: number | string, b: number | string): number => (typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b))
  const sign = by?.isDown === true ? -1 : 1
  const sorted = [...rows].sort((a, b) => sign * compare(placeOf(a), placeOf(b)))
  if (sorted.some((row, i) => row !== rows[i])) body.append(...sorted)
  const headers = table.tHead!.rows[0]!.cells
  for (let i = 0; i < headers.length; i++) {
    if (i === by?.column) headers[i]!.ariaSort = by.isDown ? 'descending' : 'ascending'
    else headers[i]!.removeAttribute('aria-sort')
  }
}

function hideOthers(table: HTMLTableElement): void {
  const wanted = filter.value.trim().toLowerCase()
  for (const row of table.tBodies[0]!.rows) row.hidden = !row.cells[0]!.textContent!.toLowerCase().includes(wanted)
}

/** Numbers begin with the largest, texts with the first. Pressed again, it is the other way round. */
function sortBy(button: HTMLElement): void {
  const header = button.closest('th')!
  const table = header.closest('table')!
  const { id } = partOf(table)
  const known = sorts.get(id)
  const isDown = known?.column === header.cellIndex ? !known.isDown : header.classList.contains('n')
  sorts.set(id, { column: header.cellIndex, isDown })
  sort(table, sorts.get(id))
  button.focus()
}

/** The next button of a row that is seen, up or down. */
function move(from: HTMLElement, step: number): void {
  const buttons = [...from.closest('table')!.querySelectorAll<HTMLElement>('tbody tr:not([hidden]) button.open')]
  buttons[buttons.indexOf(from) + step]?.focus()
}

/** Listens from now on. @param closeOpen - closes what is open; `false` where nothing was */
export function startTables(closeOpen: () => boolean): void {
  filter.addEventListener('input', arrange)
  document.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('button.sort')
    if (button !== null) sortBy(button)
  })
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement
    const isWriting = target.matches('input,select,textarea')
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return
    if (event.key === '/' && !isWriting) filter.focus()
    else if (event.key === 'ArrowDown' && target === filter)
      document.querySelector<HTMLElement>('#limits tbody tr:not([hidden]) .open')?.focus()
    else if (event.key === 'ArrowDown' && target.matches('.open')) move(target, 1)
    else if (event.key === 'ArrowUp' && target.matches('.open')) move(target, -1)
    else if (event.key !== 'Escape') return
    else if (!closeOpen() && target === filter) {
      filter.value = ''
      arrange()
    }
    event.preventDefault()
  })
}
