/** JSON whose every part knows its place, so that what is wrong with it can be shown where it is. */

import { didYouMean } from '@sluice/core/internal'
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { SLUICE_POLICY, SluiceError } from './errors.ts'

/** A value in a document: the tree of it, and where it begins. */
export type Place = Node

/** A document while it is read. */
export interface JsonReader {
  /** The whole document. */
  readonly root: Place
  /** The error for what is wrong at a place. */
  refuse(at: Place, reason: string, cause?: unknown): SluiceError
  /**
   * The members of an object, by name.
   * @param what - names the object in errors
   * @param known - the names it may have; any where it is left out
   * @throws SluiceError for a value of another type, names used twice, and names that are not known
   */
  members(at: Place, what: string, known?: readonly string[]): ReadonlyMap<string, Place>
}

/** A policy needs five levels. Far deeper ones would run out of stack where they are read. */
const mostLevels = 32

/** The longest document, in characters: ten thousand limits fit. */
const longest = 2 ** 20

/**
 * Reads a document. Comments, trailing commas and names used twice are refused, since other readers of it would see something else.
 * @throws SluiceError `SLUICE_POLICY` with the line, the column and the reason
 */
export function readJson(document: string): JsonReader {
  if (typeof document !== 'string') throw refusalAt('', 0, 'the document is not a text')
  if (document.length > longest) throw refusalAt('', 0, `the document is longer than ${longest} characters`)
  // Editors of Windows begin with a mark of the byte order, which means nothing in UTF-8.
  const text = document.replace(/^\uFEFF/, '')
  if (text.trim() === '') throw refusalAt(text, 0, 'the document is empty')
  if (text.startsWith('\uFFFD')) throw refusalAt(text, 0, 'the document is not written in UTF-8')
  const errors: ParseError[] = []
  const root = treeOf(text, errors)
  const [error] = errors
  if (error !== undefined) throw refusalAt(text, error.offset, `this is not JSON: ${inWords(error)}`)
  // Where nothing is wrong there is a value.
  const tooDeep = deeperThan(root!, mostLevels)
  if (tooDeep !== undefined) throw refusalAt(text, tooDeep.offset, `the document is nested more than ${mostLevels} levels deep`)
  const refuse: JsonReader['refuse'] = (at, reason, cause) => refusalAt(text, at.offset, reason, cause)
  return { root: root!, refuse, members: (at, what, known) => membersOf(at, what, known, refuse) }
}

/** What the parser missed or met: `close brace expected` for CloseBraceExpected. */
function inWords({ error }: ParseError): string {
  return printParseErrorCode(error)
    .replace(/\B[A-Z]/g, ' $&')
    .toLowerCase()
}

function treeOf(text: string, errors: ParseError[]): Place | undefined {
  try {
    return parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch (cause) {
    // The parser goes down by calling itself, and runs out of stack.
    throw refusalAt(text, 0, 'the document is nested too deeply', cause)
  }
}

/** The first value that lies deeper than so many levels. It goes through the tree level by level, so that no depth exhausts the stack. */
function deeperThan(root: Place, levels: number): Place | undefined {
  let level: readonly Place[] = [root]
  // A property is a node between an object and its value, and counts as no level.
  const inside = ({ children = [] }: Place): Place[] =>
    children.flatMap((child) => (child.type === 'property' ? child.children!.slice(1) : [child]))
  for (let depth = 0; depth < levels && level.length > 0; depth++) level = level.flatMap(inside)
  return level[0]
}

/** Lines and columns count from 1. */
function refusalAt(text: string, offset: number, reason: string, cause?: unknown): SluiceError {
  const before = text.slice(0, offset).split('\n')
  return new SluiceError(SLUICE_POLICY, { line: before.length, column: before.at(-1)!.length + 1, reason }, { cause })
}

function membersOf(at: Place, what: string, known: readonly string[] | undefined, refuse: JsonReader['refuse']): Map<string, Place> {
  if (at.type !== 'object') throw refuse(at, `${what} must be an object`)
  const members = new Map<string, Place>()
  for (const property of at.children ?? []) {
    const [key, value] = property.children as [Place, Place]
    const name = String(key.value)
    if (members.has(name)) throw refuse(key, `${what} names ${name} twice`)
    if (known !== undefined && !known.includes(name))
      throw refuse(key, `${what} has no member ${name}. ${didYouMean(name, known)}Known are ${known.join(', ')}`)
    members.set(name, value)
  }
  return members
}

/** The plain value at a place. Built from the tree, so that a member named `__proto__` stays a member. */
export function plainValue(at: Place): unknown {
  if (at.type === 'array') return (at.children ?? []).map(plainValue)
  if (at.type !== 'object') return at.value
  return Object.fromEntries((at.children ?? []).map(({ children }) => [String(children![0]!.value), plainValue(children![1]!)]))
}
