/** TypeScript and JavaScript as the parser of rolldown reads them: syntax trees, comments and lines. */
import { parseSync } from 'rolldown/utils'

/** A node of the syntax tree, in the ESTree form. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** A comment; `text` leaves its delimiters out. */
export interface Comment {
  readonly block: boolean
  readonly text: string
  readonly start: number
  readonly end: number
}

/** A file that is parsed. */
export interface Syntax {
  readonly file: string
  readonly text: string
  readonly program: Node
  readonly comments: readonly Comment[]
}

/** Parses a file. Throws where it is not valid TypeScript or JavaScript. */
export function parse(file: string, text: string): Syntax {
  const { program, comments, errors } = parseSync(file, text)
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`)
  return {
    file,
    text,
    program: program as unknown as Node,
    comments: comments.map(({ type, value, start, end }) => ({ block: type === 'Block', text: value, start, end })),
  }
}

/** The nodes at and below `node`, parents first, each with its parent. */
export function* walk(node: Node, parent?: Node): Generator<readonly [node: Node, parent: Node | undefined]> {
  yield [node, parent]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, node)
  }
}

/** Whether a field of a node is a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Finds the line, from 1, of an offset in `text`. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

/** The number of lines that are more than blanks and comments. */
export function codeLines({ text, comments }: Syntax): number {
  let code = ''
  let at = 0
  for (const { start, end } of comments) {
    code += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, '')
    at = end
  }
  return (code + text.slice(at)).split('\n').filter((line) => line.trim() !== '').length
}
