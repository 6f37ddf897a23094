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
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['import.mts', 'require.cts'] }))

const entries = packages.flatMap(entriesOf)
writeFileSync(join(folder, 'import.mts'), entries.map((entry, n) => `export * as entry${n} from '${entry}'\n`).join(''))
writeFileSync(join(folder, 'require.cts'), entries.map((entry, n) => `import entry${n} = require('${entry}')\nvoid entry${n}\n`).join(''))

for (const version of typescriptVersions) {
  await mustRun(typescriptAt(version, '-p', 'tsconfig.json'), folder)
  console.log(`TypeScript ${version} compiles against ${entries.join(', ')}`)
}
