/** The blocks of code in a Markdown document. */
import { readFileSync } from 'node:fs'

/** A block of code. */
export interface Snippet {
  /** The heading above it. */
  readonly heading: string
  /** What stands after the fence: `ts`, `http`. */
  readonly language: string
  readonly text: string
}

/** The text of a document. @param path - from the root of the workspace */
export function documentText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** The blocks of a document, in order. */
export function snippetsOf(path: string): readonly Snippet[] {
  const snippets: Snippet[] = []
  let heading = ''
  for (const [, title, language, text] of documentText(path).matchAll(/^#+ ([^\n]+)$|^```(\w+)\n(.*?)^```$/gms)) {
    if (title !== undefined) heading = title
    else snippets.push({ heading, language: language ?? '', text: text ?? '' })
  }
  return snippets
}
