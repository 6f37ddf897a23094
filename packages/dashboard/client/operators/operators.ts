/** The script of the operators' page: takes one update a second from the server, and shows it. */
import { become } from '../become.ts'
import { actOn, startActing } from './acting.ts'
import { type Chart, drawChart, type Series } from './chart.ts'
import { startPreviewing } from './previewing.ts'
import { arrange, startTables } from './tables.ts'

interface Update {
  readonly second: number
  readonly admitted: number
  readonly refused: number
  /** By name: admitted and refused. Limits that did nothing are left out. */
  readonly limits: Readonly<Record<string, readonly [number, number]>>
  readonly parts: Readonly<Record<string, string>>
}

const main = document.querySelector('main')!
const note = document.querySelector<HTMLElement>('#note')!
const traffic = document.querySelector<HTMLElement>('#traffic')!
const panel = document.querySelector<HTMLElement>('#chart')!
let all: Chart | undefined
let one: { readonly limit: string; readonly chart: Chart } | undefined
let source: EventSource | undefined
let hasEnded = false

function say(text: string): void {
  note.hidden = text === ''
  if (note.textContent !== text) note.textContent = text
}

/** What the reader has opened, sorted and hidden stays. */
const keep = { attributes: ['aria-expanded', 'aria-sort', 'hidden'] }

function take(parts: Update['parts']): void {
  for (const [id, html] of Object.entries(parts)) {
    const old = document.getElementById(id)!
    const next = old.cloneNode(false) as HTMLElement
    const text = new DOMParser().parseFromString(html, 'text/html')
    next.append(...text.body.childNodes)
    become(old, next, keep)
  }
  arrange()
}

function connect(): void {
  if (hasEnded || document.hidden) return
  source = new EventSource('?stream')
  source.addEventListener('whole', ({ data }) => {
    const { series, parts } = JSON.parse(data as string) as { readonly series: Series; readonly parts: Update['parts'] }
    say('')
    take(parts)
    if (all === undefined) {
      traffic.replaceChildren()
      all = drawChart(traffic, series)
    } else all.replace(series)
    if (one !== undefined) void open(one.limit)
  })
  source.addEventListener('update', ({ data }) => {
    const { second, admitted, refused, limits, parts } = JSON.parse(data as string) as Update
    say('')
    take(parts)
    all?.add(second, admitted, refused)
    one?.chart.add(second, ...(limits[one.limit] ?? ([0, 0] as const)))
  })
  source.addEventListener('ended', () => end())
  source.addEventListener('error', () => {
    // Closed for good: the answer was an error, such as to someone who has no right any more.
    if (source?.readyState === EventSource.CLOSED) void refused()
    else say('No news from the server. Trying again.')
  })
}

async function refused(): Promise<void> {
  const status = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store', redirect: 'manual' }).then(
    (response) => response.status,
    () => 0,
  )
  if (status === 401 || status === 403 || status === 404) return end()
  say('No news from the server. Trying again.')
  setTimeout(connect, 5000)
}

function end(): void {
  hasEnded = true
  source?.close()
  say('You may not see this page any more. Sign in, and load it again.')
}

/** The chart of one limit, below the table. */
async function open(limit: string): Promise<void> {
  const response = await fetch(`?series=${encodeURIComponent(limit)}`, { cache: 'no-store' })
  if (!response.ok) return
  const series = (await response.json()) as Series
  if (one?.limit === limit) return one.chart.replace(series)
  close()
  panel.hidden = false
  panel.querySelector('h3')!.textContent = limit
  one = { limit, chart: drawChart(panel.querySelector<HTMLElement>(':scope > div:last-child')!, series) }
  for (const button of main.querySelectorAll<HTMLElement>('button.limit')) button.ariaExpanded = String(button.dataset.limit === limit)
}

function close(): boolean {
  if (one === undefined) return false
  const { limit, chart } = one
  chart.remove()
  one = undefined
  panel.hidden = true
  for (const button of main.querySelectorAll<HTMLElement>('button.limit')) {
    if (button.dataset.limit === limit && panel.contains(document.activeElement)) button.focus()
    button.ariaExpanded = 'false'
  }
  return true
}

main.dataset.live = ''
main.addEventListener('click', ({ target }) => {
  const button = (target as Element).closest<HTMLElement>('button')
  if (button === null) return
  if (button.matches('.limit')) {
    if (one?.limit === button.dataset.limit) close()
    else void open(button.dataset.limit!)
  } else if (button.matches('.key')) actOn(button.dataset)
  else if (button.matches('#chart .close')) close()
})
startTables(close)
startActing()
startPreviewing()
// In the background nothing runs, and one step catches up.
document.addEventListener('visibilitychange', () => {
  source?.close()
  connect()
})
// Takes back the `Refresh` of the server, which is for readers without scripts: it would close what is open.
addEventListener('load', () => {
  stop()
  connect()
})
