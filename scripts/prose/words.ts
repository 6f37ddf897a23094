/** Finds retired words in names and texts. */
import type { Fault } from './fault.ts'
import type { Paragraph } from './paragraphs.ts'
import { type RetiredWord, retiredWords } from './retired-words.ts'

/** A name in code and where it is. */
export interface Name {
  readonly name: string
  readonly line: number
}

/** The retired words in the names of a file and in its path. A name that occurs many times is reported once, at its first place. */
export function retiredNames(file: string, names: readonly Name[], words: readonly RetiredWord[] = retiredWords): readonly Fault[] {
  const counted = new Map<string, { line: number; times: number }>()
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\..*$/, '')
  for (const { name, line } of [{ name: base, line: 1 }, ...names]) {
    const known = counted.get(name)
    if (known === undefined) counted.set(name, { line, times: 1 })
    else known.times++
  }
  return [...counted].flatMap(([name, { line, times }]) => {
    const retired = words.find((word) => word.where === 'identifier' && appliesTo(word, file) && isIn(word, name))
    if (retired === undefined) return []
    const what = `name ${name}${times > 1 ? ` (${times} times)` : ''}`
    return [{ kind: 'word', file, line, what, fix: `Instead of "${retired.word}" write "${retired.replacement}".` }]
  })
}

/** The retired phrases in a text. */
export function retiredPhrases(file: string, paragraph: Paragraph, words: readonly RetiredWord[] = retiredWords): readonly Fault[] {
  const phrases = words.filter((word) => word.where === 'text' && appliesTo(word, file))
  return phrases.flatMap(({ word, replacement }) => {
    const found = new RegExp(`\\b${word}\\b`, 'i').exec(paragraph.text)
    if (found === null) return []
    return [{ kind: 'word', file, line: paragraph.lineAt(found.index), what: `words "${found[0]}"`, fix: `Write "${replacement}".` }]
  })
}

function appliesTo({ under }: RetiredWord, file: string): boolean {
  return under === undefined || under.some((folder) => file.startsWith(`${folder}/`))
}

function isIn({ word, except }: RetiredWord, name: string): boolean {
  return except?.includes(name) !== true && `-${partsOf(name)}-`.includes(`-${partsOf(word)}-`)
}

/** `openTab`, `open_tab`, `OPEN_TAB` and `open-tab` have the same parts. */
function partsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
}
