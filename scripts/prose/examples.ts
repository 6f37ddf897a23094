/** Finds functions that users import and that show no example of their use. */
import { posix } from 'node:path'
import { isNode, lineFinder, type Node, parse, type Syntax } from '../syntax.ts'
import type { Fault } from './fault.ts'

/** The text of a file, by its path from the root. */
export type Read = (file: string) => string

/** The functions that `index` exports from its own package without an `@example` in their TSDoc. */
export function functionsWithoutExample(index: string, read: Read): readonly Fault[] {
  const syntax = parse(index, read(index))
  const exported = bodyOf(syntax).flatMap((statement) => exportsOf(statement))
  return exported.flatMap(({ name, local, from }) => {
    const found = findFunction(from === undefined ? index : posix.join(posix.dirname(index), from), local, read)
    if (found === undefined || found.hasExample) return []
    const { file, line } = found
    return [{ kind: 'example', file, line, what: `function ${name} has no @example`, fix: 'Add one to its TSDoc: a few lines that run.' }]
  })
}

interface Exported {
  /** What users import. */
  readonly name: string
  readonly local: string
  /** The file that declares it; `undefined` in a declaration on the spot. */
  readonly from: string | undefined
}

/** What a statement exports from files of the same package; what it hands on from another package is explained there. */
function exportsOf(statement: Node): readonly Exported[] {
  if (statement.type !== 'ExportNamedDeclaration' || statement.exportKind === 'type') return []
  const from = isNode(statement.source) ? String(statement.source.value) : undefined
  if (from !== undefined && !from.startsWith('.')) return []
  const specifiers = (statement.specifiers as readonly Node[]).filter(({ exportKind }) => exportKind !== 'type')
  const named = specifiers.map(({ local, exported }) => ({ name: nameOf(exported), local: nameOf(local), from }))
  return [...named, ...declaredBy(statement).map(({ name }) => ({ name, local: name, from: undefined }))]
}

/** Follows a name through re-exports to the function that it means; `undefined` where it means something else. */
function findFunction(file: string, name: string, read: Read): { file: string; line: number; hasExample: boolean } | undefined {
  const syntax = parse(file, read(file))
  const body = bodyOf(syntax)
  for (const { name: exported, local, from } of body.flatMap(exportsOf)) {
    if (exported === name && from !== undefined) return findFunction(posix.join(posix.dirname(file), from), local, read)
  }
  const wanted = name === 'default' ? defaultOf(body) : name
  // Overloads are several statements, of which one explains all.
  const statements = body.filter((statement) => declaredBy(statement).some((each) => each.name === wanted && each.callable))
  const [first] = statements
  if (first === undefined) return undefined
  const hasExample = statements.some((statement) => commentBefore(syntax, statement)?.includes('@example') === true)
  return { file, line: lineFinder(syntax.text)(first.start), hasExample }
}

/** The names that a statement declares, and whether each can be called. */
function declaredBy(statement: Node): readonly { readonly name: string; readonly callable: boolean }[] {
  const declaration = isNode(statement.declaration) ? statement.declaration : statement
  if (/^(FunctionDeclaration|TSDeclareFunction)$/.test(declaration.type)) return [{ name: nameOf(declaration.id), callable: true }]
  if (declaration.type !== 'VariableDeclaration') return []
  return (declaration.declarations as readonly Node[]).map(({ id, init }) => ({
    name: nameOf(id),
    callable: isNode(init) && (/Function/.test(init.type) || makesFunction(init, id)),
  }))
}

/** A constant that another function made: of a function type, or of a type that is named as one. */
function makesFunction({ type }: Node, id: unknown): boolean {
  const annotation = (id as { readonly typeAnnotation?: Node }).typeAnnotation?.typeAnnotation
  if (type !== 'CallExpression' || !isNode(annotation)) return false
  return annotation.type === 'TSFunctionType' || /(Callback|Plugin|Handler|Middleware)$/.test(nameOf(annotation.typeName))
}

function defaultOf(body: readonly Node[]): string {
  const statement = body.find(({ type }) => type === 'ExportDefaultDeclaration')
  return nameOf(statement?.declaration)
}

function commentBefore({ text, comments }: Syntax, statement: Node): string | undefined {
  return comments.findLast(({ end, block }) => block && end <= statement.start && text.slice(end, statement.start).trim() === '')?.text
}

function bodyOf({ program }: Syntax): readonly Node[] {
  return program.body as readonly Node[]
}

function nameOf(node: unknown): string {
  const name = isNode(node) ? (node.name ?? node.value) : undefined
  return typeof name === 'string' ? name : ''
}
