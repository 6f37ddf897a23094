/** The blocks of code in a Markdown document, and the programs that a reader makes of them. */
import { readFileSync } from 'node:fs'

/** A block of code. */
export interface Snippet {
  /** The heading above it. */
  readonly heading: string
  /** What stands after the fence: `ts`, `http`. */
  readonly language: string
  readonly text: string
  /** Code that the page does not show: what the reader has already. It stands before the block as `<!-- setup ... -->`. */
  readonly setup: string
}

/** The text of a document. @param path - from the root of the workspace */
export function documentText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** The blocks of a document, in order. */
export function snippetsOf(path: string): readonly Snippet[] {
  const snippets: Snippet[] = []
  let heading = ''
  let setup = ''
  const parts = /^#+ ([^\n]+)$|^<!-- setup\n(.*?)\n-->$|^```(\w*)\n(.*?)^```$/gms
  for (const [, title, hidden, language, text] of documentText(path).matchAll(parts)) {
    if (title !== undefined) heading = title
    else if (hidden !== undefined) setup = `${hidden}\n`
    else {
      snippets.push({ heading, language: language ?? '', text: text ?? '', setup })
      setup = ''
    }
  }
  return snippets
}

/** A program of a document. */
export interface DocumentProgram {
  /** `docs/how-do-i.md: Log refusals`. A second one under a heading ends with ` (2)`. */
  readonly name: string
  /** What a compiler and Node must know it by. */
  readonly extension: 'ts' | 'tsx' | 'mjs' | 'cjs'
  readonly text: string
}

/** The programs of a document. A block without imports goes on where the block before it ended. */
export function programsOf(path: string): readonly DocumentProgram[] {
  const programs: DocumentProgram[] = []
  for (const { heading, language, text, setup } of snippetsOf(path)) {
    if (!/^([jt]sx?|[cm]js)$/.test(language)) continue
    const before = programs.at(-1)
    const whole = setup + text
    if (before?.extension.startsWith('ts') && language.startsWith('ts') && !/^import /m.test(text)) {
      programs[programs.length - 1] = { ...before, text: `${before.text}\n${whole}` }
      continue
    }
    const first = `${path}: ${heading}`
    const count = programs.filter(({ name }) => name === first || name.startsWith(`${first} (`)).length
    programs.push({ name: count === 0 ? first : `${first} (${count + 1})`, extension: extensionOf(language, text), text: whole })
  }
  return programs
}

function extensionOf(language: string, text: string): DocumentProgram['extension'] {
  if (language.startsWith('ts')) return text.includes('</') ? 'tsx' : 'ts'
  return /^import /m.test(text) ? 'mjs' : 'cjs'
}
