/**
 * Mutations that no test notices, and why none should.
 *
 * They are told as changes of lines, so that an explanation stays with its line wherever that moves, and is asked for anew when the line
 * changes. `survivors.diff` holds them: paragraphs of a reason and the lines that it is about, under the file that these stand in.
 */

/** A line before and after a mutation. */
export interface Change {
  /** Relative to the root. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A mutation that survived. */
export interface Survivor extends Change {
  /** Of the line, from 1. */
  readonly line: number
}

/** A mutation that may survive. */
export interface Explained extends Change {
  readonly because: string
}

/** What a mutation run writes down, as far as it is read here. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}

interface Mutant {
  readonly status: string
  readonly replacement?: string
  readonly location: { readonly start: Place; readonly end: Place }
}

/** Both count from 1. */
interface Place {
  readonly line: number
  readonly column: number
}

/** The mutations of a report that no test noticed. */
export function survivorsOf({ files }: Report): readonly Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.filter(({ status }) => unnoticed.has(status)).map((mutant) => ({ file, ...asChange(mutant, lines) }))
  })
}

const unnoticed = new Set(['Survived', 'NoCoverage'])

/** What goes over several lines is named by the first of them. */
function asChange({ replacement = '', location: { start, end } }: Mutant, lines: readonly string[]): Omit<Survivor, 'file'> {
  const first = lines[start.line - 1]!
  const mutated = first.slice(0, start.column - 1) + replacement + lines[end.line - 1]!.slice(end.column - 1)
  return { line: start.line, from: oneLine(first), to: oneLine(mutated) }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Reads explanations. */
export function parseExplained(text: string): readonly Explained[] {
  const all: Explained[] = []
  let file = ''
  for (const paragraph of text.split(/\n{2,}/)) {
    let because = ''
    let from = ''
    for (const line of paragraph.split('\n')) {
      if (line.startsWith('--- ')) file = line.slice(4)
      else if (line.startsWith('- ')) from = line.slice(2)
      else if (line.startsWith('+ ')) all.push({ file, from, to: line.slice(2), because: because.trim() })
      else because += `${line} `
    }
  }
  return all
}

/** Which survivors have no explanation, and which explanations have no survivor any more among the files that were mutated. */
export function compare(
  { files }: Report,
  explained: readonly Explained[],
): { readonly unexplained: readonly Survivor[]; readonly outdated: readonly Explained[] } {
  const survivors = survivorsOf({ files })
  return {
    unexplained: survivors.filter((survivor) => !explained.some((known) => isSame(survivor, known))),
    outdated: explained.filter((known) => known.file in files && !survivors.some((survivor) => isSame(survivor, known))),
  }
}

function isSame(a: Change, b: Change): boolean {
  return a.file === b.file && a.from === b.from && a.to === b.to
}
