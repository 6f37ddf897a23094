import { expect, test } from 'vitest'
import { checkFiles, totals } from './check-files.ts'

const long = Array.from({ length: 31 }, () => 'word').join(' ')
const files: Readonly<Record<string, string>> = {
  'README.md': `# Title\n\nFine.\n\n- ${long}\n\n\`\`\`\n${long}\n\`\`\`\n\n| cell | ${long} |\n\n<!-- setup\n${long}\n-->`,
  'packages/a/src/index.ts': "export { make, make as create } from './make.ts'",
  'packages/a/src/make.ts': `/** Makes the short way. */\nexport function make() { throw Error('${long}') }`,
  'packages/a/src/make.test.ts': `test('${long}', () => expect('${long}'))`,
  'packages/a/lua/plainly.lua': `-- ${long}\nreturn 1`,
}
const check = (...prefixes: string[]): readonly string[] =>
  checkFiles(Object.keys(files), prefixes, (file) => files[file] ?? '').map(({ kind, file, line }) => `${file}:${line} ${kind}`)

test('reads each kind of file in its own way', () => {
  expect(check()).toEqual([
    'README.md:5 sentence',
    'README.md:11 sentence',
    'packages/a/lua/plainly.lua:1 word',
    'packages/a/lua/plainly.lua:1 sentence',
    'packages/a/src/make.test.ts:1 sentence',
    'packages/a/src/make.ts:1 word',
    'packages/a/src/make.ts:2 sentence',
    'packages/a/src/make.ts:2 example',
  ])
})

test('looks at the files under a path only', () => {
  expect(check('packages/a/src/make.ts')).toEqual([
    'packages/a/src/make.ts:1 word',
    'packages/a/src/make.ts:2 sentence',
    'packages/a/src/make.ts:2 example',
  ])
})

test('adds up the faults of each kind by package', () => {
  expect(totals(checkFiles(Object.keys(files), [], (file) => files[file] ?? ''))).toEqual([
    'by package               words sentences  examples',
    'packages/a                   2         3         1',
    'root                         0         2         0',
    'all                          2         5         1',
  ])
})
