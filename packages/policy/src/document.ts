/** A policy as JSON: read in one piece, or refused with the line and the reason. */
import { type Migrate, type Rule, SluiceError } from '@sluice/core'
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { type RuleDocument, rules } from './rules.ts'

/** What a document says of one limit; what it does not say stays as it is in code. */
export interface LimitDocument {
  readonly rule?: RuleDocument
  readonly shadow?: boolean
  readonly disclose?: boolean
  readonly nearAt?: number
}

/** The document itself, as `policy.schema.json` describes it. */
export interface PolicyDocument {
  readonly $schema?: string
  /** A whole number in a string; must grow from document to document. */
  readonly version: string
  /** What becomes of buckets whose rule changes. @default 'keepUsed' */
  readonly migrate?: Migrate
  /** Measures every limit and lets everything through. @default false */
  readonly shadow?: boolean
  readonly limits: Readonly<Record<string, LimitDocument>>
}

/** A document whose every part has been understood. */
export interface ParsedPolicy {
  readonly document: PolicyDocument
  /** The rules of its limits, by name. */
  readonly rules: ReadonlyMap<string, Rule>
  /** An error at the place of a limit, for what only the limits in code can tell. */
  refusal(limit: string, reason: string): SluiceError
}

/**
 * Reads a policy. Comments, trailing commas and names used twice are refused, since other readers of the file would see something else.
 * @throws SluiceError `SLUICE_POLICY` with the line, the column and the reason
 */
export function parsePolicy(text: string): ParsedPolicy {
  const reading = readerOf(text)
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [error] = errors
  if (error !== undefined) throw reading.refuse(error.offset, `this is not JSON (${printParseErrorCode(error.error)})`)
  if (root === undefined) throw reading.refuse(0, 'the document is empty')
  const members = membersOf(root, 'the policy', ['$schema', 'version', 'migrate', 'shadow', 'limits'], reading)
  mustMatch(members.get('version') ?? root, /^\d{1,15}$/, 'version must be a whole number in a string, such as "20261122"', reading)
  optional(members.get('migrate'), (value) => migrations.includes(value), `migrate must be one of ${migrations.join(', ')}`, reading)
  optional(members.get('shadow'), isBoolean, 'shadow must be true or false', reading)
  const limits = members.get('limits')
  if (limits === undefined) throw reading.refuse(root.offset, 'limits are missing')
  const found = new Map<string, Rule>()
  const places = membersOf(limits, 'limits', undefined, reading)
  for (const [name, node] of places) {
    const rule = readLimit(name, node, reading)
    if (rule !== undefined) found.set(name, rule)
  }
  return {
    document: JSON.parse(text) as PolicyDocument,
    rules: found,
    refusal: (limit, reason) => reading.refuse(places.get(limit)?.offset ?? 0, reason),
  }
}

const migrations: readonly unknown[] = ['keepUsed', 'keepRemaining', 'proportional', 'reset']

interface Reader {
  /** The error at a place. */
  refuse(offset: number, reason: string, cause?: unknown): SluiceError
}

function readerOf(text: string): Reader {
  return {
    refuse(offset, reason, cause) {
      const before = text.slice(0, offset).split('\n')
      return new SluiceError('SLUICE_POLICY', { line: before.length, column: before.at(-1)!.length + 1, reason }, { cause })
    },
  }
}

function readLimit(name: string, node: Node, reading: Reader): Rule | undefined {
  const members = membersOf(node, `the limit ${name}`, ['rule', 'shadow', 'disclose', 'nearAt'], reading)
  optional(members.get('shadow'), isBoolean, 'shadow must be true or false', reading)
  optional(members.get('disclose'), isBoolean, 'disclose must be true or false', reading)
  optional(
    members.get('nearAt'),
    (value) => typeof value === 'number' && value > 0 && value <= 1,
    'nearAt must be above 0 and at most 1',
    reading,
  )
  const rule = members.get('rule')
  if (rule === undefined) return undefined
  const [kind, ...others] = membersOf(rule, `the rule of ${name}`, Object.keys(rules), reading)
  if (kind === undefined || others.length > 0)
    throw reading.refuse(rule.offset, `the rule of ${name} must name one of ${Object.keys(rules).join(', ')}`)
  const [ruleName, options] = kind
  try {
    return rules[ruleName]!(plainValue(options) as never)
  } catch (cause) {
    throw reading.refuse(options.offset, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** The members of an object. @throws SluiceError for other values, names used twice, and names outside `known` */
function membersOf(node: Node, what: string, known: readonly string[] | undefined, reading: Reader): Map<string, Node> {
  if (node.type !== 'object') throw reading.refuse(node.offset, `${what} must be an object`)
  const members = new Map<string, Node>()
  for (const property of node.children ?? []) {
    const [key, value] = property.children as [Node, Node]
    const name = String(key.value)
    if (members.has(name)) throw reading.refuse(key.offset, `${what} names ${name} twice`)
    if (known !== undefined && !known.includes(name))
      throw reading.refuse(key.offset, `${what} has no member ${name}; known are ${known.join(', ')}`)
    members.set(name, value)
  }
  return members
}

/** The plain value of a node. Built from the tree, so that a member named `__proto__` stays a member. */
function plainValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue)
  if (node.type !== 'object') return node.value
  return Object.fromEntries((node.children ?? []).map(({ children }) => [String(children![0]!.value), plainValue(children![1]!)]))
}

function mustMatch(node: Node, pattern: RegExp, reason: string, reading: Reader): void {
  if (typeof node.value !== 'string' || !pattern.test(node.value)) throw reading.refuse(node.offset, reason)
}

function optional(node: Node | undefined, fits: (value: unknown) => boolean, reason: string, reading: Reader): void {
  if (node !== undefined && !fits(node.value)) throw reading.refuse(node.offset, reason)
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}
