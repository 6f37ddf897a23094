import { expect, test } from 'vitest'
import { functionsWithoutExample } from './examples.ts'

const index = 'packages/a/src/index.ts'

function faultsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const read = (file: string): string => {
    const text = files[file]
    if (text === undefined) throw new Error(`${file} does not exist`)
    return text
  }
  return functionsWithoutExample(index, read).map(({ file, line, what }) => `${file}:${line} ${what}`)
}

test('finds a function without an example through re-exports', () => {
  const files = {
    [index]: "export { make as create } from './inner/make.ts'",
    'packages/a/src/inner/make.ts': "export { build as make } from '../build.ts'",
    'packages/a/src/build.ts': '/** Builds. */\nexport function build() {}',
  }
  expect(faultsOf(files)).toEqual(['packages/a/src/build.ts:2 function create has no @example'])
})

test.each([
  ['an arrow function', '/** Makes. */\nexport const make = () => 1'],
  ['a function that another one made', '/** Makes. */\nexport const make: Plugin = wrap(inner)'],
  ['a function declared apart from its export', '\nfunction make() {}\nexport { make }'],
  ['a default export', '\nconst make = () => 1\nexport default make\nexport { make }'],
])('counts %s as a function', (_kind, text) => {
  expect(faultsOf({ [index]: "export { make } from './make.ts'", 'packages/a/src/make.ts': text })).toEqual([
    'packages/a/src/make.ts:2 function make has no @example',
  ])
})

test.each([
  ['a function with an example', '/**\n * @example\n * make()\n */\nexport function make() {}'],
  ['overloads of which one has an example', '/** @example make() */\nexport function make(): void\nexport function make(x?: 1) {}'],
  ['a constant that is no function', 'export const make = 1'],
  ['a class', 'export class make {}'],
])('accepts %s', (_kind, text) => {
  expect(faultsOf({ [index]: "export { make } from './make.ts'", 'packages/a/src/make.ts': text })).toEqual([])
})

test('leaves types and the functions of other packages alone', () => {
  expect(faultsOf({ [index]: "export type { A } from './a.ts'\nexport { adaptive } from '@sluice/http'" })).toEqual([])
})
