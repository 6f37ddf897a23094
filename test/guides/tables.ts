/** The option tables of a guide, row by row. */
import { documentText } from '../readme/snippets.ts'

/** One row: an option of a peer, and what becomes of it here. */
export interface Row {
  /** The heading that it stands under: the peer. */
  readonly peer: string
  /** The first cell: the peer's option. */
  readonly option: string
  /** The third cell. */
  readonly verdict: string
}

/** The rows of all tables of a document with three columns, the last of which has no heading. */
export function rowsOf(path: string): readonly Row[] {
  const rows: Row[] = []
  let peer = ''
  for (const line of documentText(path).split('\n')) {
    if (line.startsWith('## ')) peer = line.slice('## '.length)
    const [, option, , verdict] = line.split('|').map((cell) => cell.trim())
    if (option !== undefined && verdict !== undefined && verdict !== '' && !verdict.startsWith('---')) rows.push({ peer, option, verdict })
  }
  return rows
}
