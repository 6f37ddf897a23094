/** Functions that are too long to read at once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../packages.ts'
import { isNode, lineFinder, type Node, parse, walk } from '../syntax.ts'
import { isSource, workspaceFiles } from '../workspace-files.ts'

/** A function of more lines than {@link mostLines}, comments included. */
export interface LongFunction {
  /** Path and line. */
  readonly at: string
  readonly name: string
  readonly lines: number
}

/** The most lines of a function. */
export const mostLines = 60

/** The long functions of all published packages, the longest first. The suites of `conformance` are tests and do not count. */
export async function longFunctions(): Promise<readonly LongFunction[]> {
  const files = (await workspaceFiles()).filter((file) => isSource(file) && !file.startsWith('packages/conformance/'))
  const found = files.flatMap((file) => longFunctionsIn(file, readFileSync(join(root, file), 'utf8')))
  return found.sort((a, b) => b.lines - a.lines)
}

/** The long functions of one file. A function inside another counts as well. */
export function longFunctionsIn(file: string, text: string): readonly LongFunction[] {
  const lineAt = lineFinder(text)
  return [...walk(parse(file, text).program)].flatMap(([node, parent]) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return []
    const line = lineAt(node.start)
    const lines = lineAt(node.end) - line + 1
    return lines > mostLines ? [{ at: `${file}:${line}`, name: nameOf(node) ?? nameOf(parent) ?? 'anonymous', lines }] : []
  })
}

function nameOf(node: Node | undefined): string | undefined {
  const name = node?.id ?? node?.key
  return isNode(name) && typeof name.name === 'string' ? name.name : undefined
}
