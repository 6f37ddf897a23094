/** The code of the README, the guides and the READMEs of the packages compiles. One run of the compiler reads all of it. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { snippetsOf } from './snippets.ts'
import { compile } from './workbench.ts'

function namesIn(folder: string): readonly string[] {
  return readdirSync(new URL(`../../${folder}`, import.meta.url))
}

/** The programs of a document: each block is one. */
function blocksOf(path: string): readonly string[] {
  return snippetsOf(path).flatMap(({ language, text }) => (/^tsx?$/.test(language) ? [text] : []))
}

/** What the compiler must know a program by: whether it has elements in it. */
function extensionOf(text: string): string {
  return text.includes('</') ? 'tsx' : 'ts'
}

/** The programs of a package's README. A block without imports goes on where the one before it ended. */
function programsOf(path: string): readonly string[] {
  const programs: string[] = []
  for (const text of blocksOf(path)) {
    if (/^import /m.test(text) || programs.length === 0) programs.push(text)
    else programs.push(`${programs.pop()}\n${text}`)
  }
  return programs
}

/** What the blocks stand among. */
const surroundings = {
  'mine.ts': `import type { AdapterUnderTest } from '@sluice/conformance/adapter'
export declare const mine: AdapterUnderTest`,
  'bun.d.ts': `declare namespace Bun {
  interface Server<Data> { readonly data: Data; requestIP(request: Request): { readonly address: string } | null }
  function serve<Data>(options: { fetch(request: Request, server: Server<Data>): Promise<Response> }): void
}`,
}

const guides = namesIn('docs/guides')
const packages = namesIn('packages')
/** Documents by the first part of the names of their programs. */
const documents: Readonly<Record<string, readonly string[]>> = {
  readme: blocksOf('README.md'),
  ...Object.fromEntries(guides.map((name) => [`guide-${name.replace('.md', '')}`, blocksOf(`docs/guides/${name}`)])),
  ...Object.fromEntries(packages.map((name) => [`package-${name}`, programsOf(`packages/${name}/README.md`)])),
}
const files = Object.entries(documents).flatMap(([name, texts]) =>
  texts.map((text, at) => [`${name}.${at}.${extensionOf(text)}`, text] as const),
)
const complaints = (await compile('documents', { ...surroundings, ...Object.fromEntries(files) }))
  .split('\n')
  .filter((line) => line.includes('error TS'))

/** The document that a complaint is about. */
function documentOf(complaint: string): string | undefined {
  return /([\w-]+)\.\d+\.tsx?\(/.exec(complaint)?.[1]
}

test.each(Object.keys(documents))('every block of %s compiles', (name) => {
  const found = complaints.filter((complaint) => documentOf(complaint) === name)
  // In the README of a package, names that it does not explain are the reader's own.
  expect(found.filter((complaint) => !(name.startsWith('package-') && /Cannot find name '\w+'/.test(complaint)))).toEqual([])
})

test('there are blocks in each kind of document, and no complaint is about anything else', () => {
  expect(complaints.filter((complaint) => !(documentOf(complaint)! in documents))).toEqual([])
  const count = (names: readonly string[]): number => names.flatMap((name) => documents[name] ?? []).length
  expect(count(['readme'])).toBeGreaterThan(0)
  expect(count(guides.map((name) => `guide-${name.replace('.md', '')}`))).toBeGreaterThan(guides.length)
  expect(count(packages.map((name) => `package-${name}`))).toBeGreaterThan(packages.length)
})
