/** The declarations of the packed packages compile strictly, and with nothing of theirs skipped, on old and new TypeScript. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../../scripts/command.ts'
import { entriesOf } from '../../scripts/packages.ts'
import { typescriptAt, typescriptVersions } from '../../scripts/programs.ts'
import { createConsumer } from './consumer.ts'

const { folder, packages } = await createConsumer()

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  noEmit: true,
  // A declaration that names what a user has not installed would otherwise turn into `any` in silence.
  skipLibCheck: false,
}
/** What runs in a page sees its types, and no others do. */
const inPage = (entry: string): boolean => entry === '@sluice/browser'
const entries = packages.flatMap(entriesOf)
const projects = {
  'tsconfig.json': { compilerOptions, entries: entries.filter((entry) => !inPage(entry)) },
  'tsconfig.page.json': { compilerOptions: { ...compilerOptions, lib: ['es2023', 'dom'], types: [] }, entries: entries.filter(inPage) },
}
for (const [project, { compilerOptions: options, entries: its }] of Object.entries(projects)) {
  const files = [`${project}.import.mts`, `${project}.require.cts`] as const
  writeFileSync(join(folder, project), JSON.stringify({ compilerOptions: options, files }))
  writeFileSync(join(folder, files[0]), its.map((entry, n) => `export * as entry${n} from '${entry}'\n`).join(''))
  writeFileSync(join(folder, files[1]), its.map((entry, n) => `import entry${n} = require('${entry}')\nvoid entry${n}\n`).join(''))
}

for (const version of typescriptVersions) {
  for (const project of Object.keys(projects)) await mustRun(typescriptAt(version, '-p', project), folder)
  console.log(`TypeScript ${version} compiles against ${entries.join(', ')}`)
}
