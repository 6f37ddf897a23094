/** Blocks of documents that are no programs: commands exist, and configuration can be read. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { publishedPackages, root } from '../../scripts/packages.ts'
import { documents } from '../readme/document-programs.ts'
import { documentText, snippetsOf } from '../readme/snippets.ts'

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifest = (folder: string): Manifest => JSON.parse(readFileSync(`${root}${folder}package.json`, 'utf8')) as Manifest
const blocks = documents.flatMap((path) => snippetsOf(path).map((snippet) => ({ path, ...snippet })))

/** What pnpm does by itself. */
const builtIn = ['exec', 'install', 'run', 'test']

test('every command of pnpm that a document names exists', () => {
  const scripts = Object.keys(manifest('').scripts ?? {})
  const ofTests = Object.keys(manifest('test/').scripts ?? {})
  const named = documents.flatMap((path) =>
    [...documentText(path).matchAll(/pnpm@[\d.]+ (?:run )?(--filter @sluice\/test )?([\w:-]+)/g)].map(([, filter, name]) => ({
      path,
      filter,
      name: name!,
    })),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ filter, name }) => !(filter ? ofTests : [...scripts, ...builtIn]).includes(name))).toEqual([])
})

test('`docs` is run with `run`, because pnpm has a command of that name', () => {
  expect(documents.filter((path) => /pnpm@[\d.]+ docs(?![:\w])/.test(documentText(path)))).toEqual([])
})

test('every package that a document installs is one of ours, or one that the tests install too', () => {
  const known = [...publishedPackages().map(({ manifest: { name } }) => name), ...Object.keys(manifest('test/').dependencies ?? {})]
  const installed = blocks.flatMap(({ path, language, text }) =>
    language === 'sh'
      ? [...text.matchAll(/npm install (.+)/g)].flatMap(([, names]) => names!.split(' ').map((name) => ({ path, name })))
      : [],
  )
  expect(installed.length).toBeGreaterThan(10)
  expect(installed.filter(({ name }) => !name.startsWith('--') && !known.includes(name))).toEqual([])
})

test('every block of JSON can be read', () => {
  const texts = blocks.filter(({ language }) => language === 'json').map(({ text }) => text)
  expect(texts.length).toBeGreaterThan(4)
  for (const text of texts) expect(() => JSON.parse(text) as unknown).not.toThrow()
})

test('every block of YAML can be read', () => {
  const texts = blocks.filter(({ language }) => /^ya?ml$/.test(language)).map(({ text }) => text)
  expect(texts.length).toBeGreaterThan(1)
  for (const text of texts) expect(parseAllDocuments(text).flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
})

test('every program of the workspace that a shell block starts is there', () => {
  const started = blocks.flatMap(({ language, text }) =>
    language === 'sh' ? [...text.matchAll(/\b(?:node|tsx) ((?:packages|scripts|test)\/\S+)/g)] : [],
  )
  expect(started.map(([, path]) => path!).filter((path) => !existsSync(root + path))).toEqual([])
})
