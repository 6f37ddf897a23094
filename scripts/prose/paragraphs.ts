/** Paragraphs of prose: in comments, strings, titles of tests and documents. */
import { lineFinder } from '../syntax.ts'

/** A paragraph on one line, and where its parts come from. */
export interface Paragraph {
  readonly text: string
  /** The line of the file, from 1, for an offset in `text`. */
  readonly lineAt: (offset: number) => number
}

/** A line of a file without the marks of its syntax. */
export interface Line {
  readonly text: string
  readonly line: number
}

/** One paragraph of text that starts at `line` and breaks its lines as written. */
export function paragraphAt(text: string, line: number): Paragraph {
  const lineAt = lineFinder(text)
  return { text: text.replaceAll('\n', ' '), lineAt: (offset) => line + lineAt(offset) - 1 }
}

/** Splits the lines of a comment or a document into paragraphs. Code in fences, in `@example` and in hidden comments is no prose. */
export function paragraphsOf(lines: readonly Line[]): readonly Paragraph[] {
  const paragraphs: Line[][] = []
  let current: Line[] = []
  let fence = false
  let example = false
  for (const { text, line } of lines) {
    const trimmed = text.trim()
    if (/^(```|~~~)/.test(trimmed) || (trimmed.startsWith('<!--') && !trimmed.endsWith('-->'))) fence = !fence
    else if (fence && trimmed.endsWith('-->')) fence = false
    if (trimmed.startsWith('@')) example = trimmed.startsWith('@example')
    const starts = /^(@\w|#{1,6} |>|[-*+] |\d+[.)] |```|~~~|-->|\|)/.test(trimmed)
    if (trimmed === '' || starts) current = []
    if (trimmed === '' || fence || example || /^(```|~~~|-->)/.test(trimmed)) continue
    // Each cell of a table is read alone.
    if (trimmed.startsWith('|')) for (const cell of trimmed.split('|')) paragraphs.push([{ text: plain(cell), line }])
    else {
      if (current.length === 0) paragraphs.push(current)
      current.push({ text: plain(trimmed), line })
    }
  }
  return paragraphs.map(joined).filter(({ text }) => text.trim() !== '')
}

/** Leaves out what is not read aloud: list marks, tags of TSDoc, addresses of links, HTML. */
function plain(text: string): string {
  return text
    .trim()
    .replace(/^(#{1,6} |> ?|[-*+] |\d+[.)] )/, '')
    .replace(/^@\w+( [\w.]+ -)?/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<!--.*?-->|<\/?[a-z][^>]*>/g, '')
    .trim()
}

function joined(lines: readonly Line[]): Paragraph {
  const text = lines.map((line) => line.text).join(' ')
  return {
    text,
    lineAt(offset) {
      let end = 0
      for (const { text: part, line } of lines) {
        end += part.length + 1
        if (offset < end) return line
      }
      return lines.at(-1)?.line ?? 1
    },
  }
}
