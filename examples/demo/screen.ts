/** What the demo prints: columns, and colour where somebody looks. */

const isColoured = process.stdout.isTTY && process.env.NO_COLOR === undefined

/** How a piece of text looks on a terminal. */
export type Look = 'bold' | 'dim' | 'green' | 'red'

const codes: Readonly<Record<Look, number>> = { bold: 1, dim: 2, green: 32, red: 31 }

/** The text in this look; as it is where nobody looks. */
export function paint(look: Look, text: string): string {
  return isColoured ? `\u001b[${codes[look]}m${text}\u001b[0m` : text
}

/** Prints one line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** A column of a table: its title, and how many characters its cells take. */
export type Column = readonly [title: string, width: number]

/** A cell of a table: its text, and how it looks. */
export type Cell = string | readonly [text: string, look: Look]

/** A table that grows line by line, as the answers come in. */
export interface Table {
  row(...cells: readonly Cell[]): void
}

/** Prints the head of a table. */
export function table(...columns: readonly Column[]): Table {
  const sayLine = (cells: readonly Cell[]): void => {
    // Padded before it is painted: what colours a text counts as characters too.
    const padded = cells.map((cell, at) => {
      const [text, look] = typeof cell === 'string' ? [cell, undefined] : cell
      const wide = at === columns.length - 1 ? text : text.padEnd(columns[at]![1])
      return look === undefined ? wide : paint(look, wide)
    })
    say(`  ${padded.join('  ')}`.trimEnd())
  }
  sayLine(columns.map(([title]) => [title, 'bold'] as const))
  sayLine(columns.map(([, width]) => ['─'.repeat(width), 'dim'] as const))
  return { row: (...cells) => sayLine(cells) }
}

/** The cell that tells how a request ended. */
export function statusCell({ ok, status, statusText }: Response): Cell {
  return [`${status} ${statusText}`, ok ? 'green' : 'red']
}
