/** A plot in text: requests over time as columns, with what was refused on top. */
import { counted } from '../counted.ts'

/** Rows of the plot. */
const rows = 8

/** What is plotted. */
export interface Plotted {
  readonly from: string
  readonly stepMs: number
  readonly requests: readonly number[]
  readonly refused: readonly number[]
}

/** A column of the plot: several steps, in requests a step. */
export interface Column {
  readonly requests: number
  readonly refused: number
}

/** As many columns as there is room for, each the mean of its steps. */
export function columnsOf({ requests, refused }: Plotted, most: number): readonly Column[] {
  const each = Math.max(1, Math.ceil(requests.length / most))
  const mean = (counts: readonly number[], at: number): number => {
    const some = counts.slice(at, at + each)
    return some.reduce((sum, count) => sum + count, 0) / some.length
  }
  return Array.from({ length: Math.ceil(requests.length / each) }, (_, at) => ({
    requests: mean(requests, at * each),
    refused: mean(refused, at * each),
  }))
}

/** The plot, with its axes. @param width - columns of the terminal */
export function plot(plotted: Plotted, width: number, colours: boolean): string {
  const { from, stepMs, requests } = plotted
  const columns = columnsOf(plotted, width - 12)
  const top = Math.max(...columns.map((column) => column.requests), 1)
  const red = (text: string): string => (colours ? `\u001b[31m${text}\u001b[39m` : text)
  const lines = Array.from({ length: rows }, (_, fromTop) => {
    const row = rows - fromTop - 1
    const cells = columns
      .map((column) => cellOf(column, row, top))
      .join('')
      .trimEnd()
    const label = fromTop === 0 ? counted(Math.round(top)) : row === 0 ? '0' : ''
    return `${label.padStart(9)} |${cells.replace(/#+/g, red)}`
  })
  const startMs = Date.parse(from)
  const times = [from, new Date(startMs + requests.length * stepMs).toISOString()].map((time) => time.slice(0, 16).replace('T', ' '))
  const minutes = stepMs / 60_000
  const step = minutes === 1 ? 'a minute' : `each ${minutes} minutes`
  return [
    `Requests ${step} (UTC): : admitted, ${red('#')} refused`,
    ...lines,
    `${' '.repeat(10)}+${'-'.repeat(columns.length)}`,
    `${' '.repeat(11)}${times[0]} to ${times[1]}`,
  ].join('\n')
}

/** A row is refused where most of it lies in what was refused. Whatever is refused at all has a row. */
function cellOf({ requests, refused }: Column, row: number, top: number): string {
  const unit = top / rows
  const height = requests === 0 ? 0 : Math.max(1, Math.round(requests / unit))
  const high = refused === 0 ? 0 : Math.max(1, Math.round(refused / unit))
  if (row >= height) return ' '
  return row >= height - high ? '#' : ':'
}
