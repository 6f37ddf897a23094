/** Checks the prose of files, each by its kind, and adds up what it finds. */

import { parse } from '../syntax.ts'
import { isSource } from '../workspace-files.ts'
import { functionsWithoutExample, type Read } from './examples.ts'
import { type Fault, kinds } from './fault.ts'
import { type Paragraph, paragraphsOf } from './paragraphs.ts'
import { commentsIn, namesIn, stringsIn, titlesIn } from './read-code.ts'
import { luaComments, luaNames } from './read-lua.ts'
import { longSentences } from './sentences.ts'
import { type Name, retiredNames, retiredPhrases } from './words.ts'

/** The faults of the files under the prefixes, or of all files where there is none, in the order of the files. */
export function checkFiles(files: readonly string[], prefixes: readonly string[], read: Read): readonly Fault[] {
  const isWanted = (file: string): boolean => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix))
  const faults = files.filter(isWanted).flatMap((file) => faultsOf(file, read(file)))
  // An entry point may be elsewhere than what it exports.
  const entries = files.filter((file) => /^packages\/[^/]+\/src\/index\.ts$/.test(file))
  const examples = entries.flatMap((index) => functionsWithoutExample(index, read)).filter(({ file }) => isWanted(file))
  // A function that is exported under two names lacks one example.
  const distinct = new Map(examples.map((fault) => [`${fault.file}:${fault.line}`, fault]))
  return [...faults, ...distinct.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
}

/** The number of faults of each kind by package, or by folder outside the packages, with a last line for all. */
export function totals(faults: readonly Fault[]): readonly string[] {
  const places = [...new Set(faults.map(({ file }) => placeOf(file)))].sort()
  const row = (name: string, counted: readonly Fault[]): string =>
    [name.padEnd(20), ...kinds.map((kind) => String(counted.filter((fault) => fault.kind === kind).length).padStart(10))].join('')
  return [
    ['by package'.padEnd(20), ...kinds.map((kind) => `${kind}s`.padStart(10))].join(''),
    ...places.map((place) =>
      row(
        place,
        faults.filter(({ file }) => placeOf(file) === place),
      ),
    ),
    row('all', faults),
  ]
}

function placeOf(file: string): string {
  return /^packages\/[^/]+|^[^/]+(?=\/)/.exec(file)?.[0] ?? 'root'
}

interface Reading {
  readonly names: readonly Name[]
  readonly paragraphs: readonly Paragraph[]
}

function faultsOf(file: string, text: string): readonly Fault[] {
  const { names, paragraphs } = readingOf(file, text)
  return [
    ...retiredNames(file, names),
    ...paragraphs.flatMap((paragraph) => [...retiredPhrases(file, paragraph), ...longSentences(file, paragraph)]),
  ]
}

function readingOf(file: string, text: string): Reading {
  if (file.endsWith('.md')) return { names: [], paragraphs: paragraphsOf(text.split('\n').map((line, n) => ({ text: line, line: n + 1 }))) }
  if (file.endsWith('.lua')) return { names: luaNames(text), paragraphs: luaComments(text) }
  const syntax = parse(file, text)
  return { names: namesIn(syntax), paragraphs: [...commentsIn(syntax), ...(isSource(file) ? stringsIn : titlesIn)(syntax)] }
}
