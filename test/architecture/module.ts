/** What a module says about itself: what it imports, the strings in it, and what it touches while it loads. */
import { parseSync } from 'oxc-parser'

export interface Module {
  /** Every specifier, of types too, in static and dynamic imports and in re-exports. */
  readonly imports: readonly string[]
  /** Specifiers of `export * from`. */
  readonly exportsAll: readonly string[]
  /** Strings and the fixed parts of templates. */
  readonly strings: readonly string[]
  /** Names that are read outside any function, and `await` and `import()` there. */
  readonly touchedAtLoad: readonly string[]
}

/** A node of the syntax tree, in the ESTree form. */
interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

/** Several rules look at the same modules; parsing them is what takes time. */
const parsed = new Map<string, Module>()

export function parseModule(path: string, text: string): Module {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const module = parse(path, text)
  parsed.set(text, module)
  return module
}

function parse(path: string, text: string): Module {
  const { program, errors } = parseSync(path, text, { preserveParens: false })
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  const nodes = [...walk(program as unknown as Node)]
  const sources = nodes.flatMap(({ source }) => (isNode(source) && typeof source.value === 'string' ? [source.value] : []))
  const exportAlls = nodes.filter(({ type }) => type === 'ExportAllDeclaration')
  return {
    imports: sources,
    exportsAll: exportAlls.map(({ source }) => (source as { value: string }).value),
    strings: nodes.flatMap(stringIn),
    touchedAtLoad: [...walk(program as unknown as Node, runsAtLoad)].flatMap(touchedBy),
  }
}

type Reaches = (child: Node, parent: Node, field: string) => boolean

/** The nodes at and below `node`, in the order of the text, as far as `reaches` lets them be reached. */
function* walk(node: Node, reaches: Reaches = () => true): Generator<Node> {
  yield node
  for (const [field, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child) && reaches(child, node, field)) yield* walk(child, reaches)
  }
}

/** Leaves out functions that are not called on the spot, fields that wait for an instance, types, and the mere names of members. */
function runsAtLoad(child: Node, parent: Node, field: string): boolean {
  if (field === 'property' || field === 'key') return parent.computed === true
  if (child.type.includes('Function')) return parent.type === 'CallExpression' && field === 'callee'
  if (parent.type === 'PropertyDefinition') return parent.static === true
  return !child.type.startsWith('TS') || 'expression' in child
}

function touchedBy(node: Node): readonly string[] {
  if (node.type === 'Identifier') return [String(node.name)]
  if (node.type === 'AwaitExpression') return ['await']
  if (node.type === 'ImportExpression') return ['import()']
  const { object, property } = node
  return isNode(object) && object.name === 'globalThis' && isNode(property) ? [String(property.name)] : []
}

function stringIn({ type, value }: Node): readonly string[] {
  if (type === 'TemplateElement') return [(value as { raw: string }).raw]
  return type === 'Literal' && typeof value === 'string' ? [value] : []
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
