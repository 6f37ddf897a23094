/** `pnpm check prose [path...]`: finds retired words, long sentences and missing examples, in all files or in those under the paths. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './packages.ts'
import { checkFiles, totals } from './prose/check-files.ts'
import { workspaceFiles } from './workspace-files.ts'

const prefixes = process.argv.slice(2).map((path) => path.replace(/^\.\//, ''))
// The list of retired words names them, and so do its tests.
const skipped = /\.generated\.ts$|^scripts\/prose\/(retired-words|.*\.test)\.ts$/
const files = (await workspaceFiles()).filter((file) => /\.(ts|mjs|cjs|lua|md)$/.test(file) && !skipped.test(file))
const unknown = prefixes.filter((prefix) => !files.some((file) => file.startsWith(prefix)))
if (unknown.length > 0) {
  console.error(`No file that is checked starts with ${unknown.join(' or ')}. Write a path from the root, such as packages/core/src/rules.`)
  process.exit(2)
}

const faults = checkFiles(files, prefixes, (file) => readFileSync(join(root, file), 'utf8'))
for (const { file, line, what, fix } of faults) console.log(`${file}:${line}  ${what}\n    ${fix}`)
console.log(`\n${totals(faults).join('\n')}`)
process.exit(faults.length === 0 ? 0 : 1)
