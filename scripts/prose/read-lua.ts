/** What people read in Lua: names, and comments, each of which is a line in our scripts. */
import { type Paragraph, paragraphsOf } from './paragraphs.ts'
import type { Name } from './words.ts'

export function luaNames(text: string): readonly Name[] {
  return text
    .split('\n')
    .flatMap((line, n) => [...line.replace(/--.*$/, '').matchAll(/[A-Za-z_]\w*/g)].map(([name]) => ({ name, line: n + 1 })))
}

/** Comments on lines below each other are one comment; code ends it. */
export function luaComments(text: string): readonly Paragraph[] {
  const lines = text.split('\n').map((line, n) => ({ text: /^\s*--/.test(line) ? line.replace(/^\s*--+/, '') : '', line: n + 1 }))
  return paragraphsOf(lines)
}
