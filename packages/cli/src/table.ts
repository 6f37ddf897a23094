/** A table of text: the first column to the left, numbers to the right. */
import { printable } from './escape.ts'

/** The table, with its head above a line. The first column is cut to `widest` characters. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], widest: number = 48): string {
  const shortened = rows.map(([first = '', ...others]) => [printable(first, widest), ...others])
  const widths = head.map((title, at) => Math.max(title.length, ...shortened.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...shortened.map(line)].join('\n')
}
