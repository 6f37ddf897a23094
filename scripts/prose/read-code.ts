/** What people read in code: names, comments, strings and titles of tests. */
import { type Comment, isNode, lineFinder, type Node, type Syntax, walk } from '../syntax.ts'
import { type Line, type Paragraph, paragraphAt, paragraphsOf } from './paragraphs.ts'
import type { Name } from './words.ts'

/** Every name in a module, as often as it occurs. */
export function namesIn({ program, text }: Syntax): readonly Name[] {
  const lineAt = lineFinder(text)
  return [...walk(program)].flatMap(([{ type, name, start }]) =>
    (type === 'Identifier' || type === 'PrivateIdentifier') && typeof name === 'string' ? [{ name, line: lineAt(start) }] : [],
  )
}

/** The paragraphs of all comments. Line comments below each other are one comment. */
export function commentsIn({ comments, text }: Syntax): readonly Paragraph[] {
  const lineAt = lineFinder(text)
  const groups: Line[][] = []
  let last: Comment | undefined
  for (const comment of comments) {
    const line = lineAt(comment.start)
    const lines = comment.text
      .split('\n')
      .map((part, n) => ({ text: comment.block ? part.replace(/^\s*\*+ ?/, '') : part, line: line + n }))
    const continues = last !== undefined && !last.block && !comment.block && /^\s*$/.test(text.slice(last.end, comment.start))
    if (continues) groups.at(-1)?.push(...lines)
    else groups.push(lines)
    last = comment
  }
  return groups.flatMap(paragraphsOf)
}

/** Strings and templates; a value in a template reads as one word. Import specifiers are no prose. */
export function stringsIn({ program, text }: Syntax): readonly Paragraph[] {
  const lineAt = lineFinder(text)
  return [...walk(program)].flatMap(([node, parent]) => {
    if (parent?.source === node || (parent !== undefined && isSum(parent))) return []
    const content = contentOf(node)
    return content?.includes(' ') === true ? [paragraphAt(content, lineAt(node.start))] : []
  })
}

/** The titles that are given to `test`, `it` and `describe`, also through `test.each(rows)`. */
export function titlesIn({ program, text }: Syntax): readonly Paragraph[] {
  const lineAt = lineFinder(text)
  return [...walk(program)].flatMap(([node]) => {
    const [title] = Array.isArray(node.arguments) ? (node.arguments as readonly unknown[]) : []
    if (
      node.type !== 'CallExpression' ||
      !isNode(title) ||
      !isNode(node.callee) ||
      !/^(test|it|describe)\b/.test(calledName(node.callee))
    ) {
      return []
    }
    const content = contentOf(title)
    return content === undefined ? [] : [paragraphAt(content, lineAt(title.start))]
  })
}

/** The name at the root of `test.each(rows)`. */
function calledName(callee: Node): string {
  if (typeof callee.name === 'string') return callee.name
  const inner = callee.object ?? callee.callee ?? callee.tag
  return isNode(inner) ? calledName(inner) : ''
}

function contentOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  if (node.type === 'TemplateLiteral')
    return (node.quasis as readonly Node[]).map(({ value }) => (value as { cooked: string }).cooked).join('x')
  if (!isSum(node) || !isNode(node.left) || !isNode(node.right)) return undefined
  const [left, right] = [contentOf(node.left), contentOf(node.right)]
  return left === undefined && right === undefined ? undefined : `${left ?? 'x'}${right ?? 'x'}`
}

function isSum({ type, operator }: Node): boolean {
  return type === 'BinaryExpression' && operator === '+'
}
