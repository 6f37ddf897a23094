/** Shows every tarball to publint and to are-the-types-wrong. */
import { mustRun } from './command.ts'
import { fetched } from './programs.ts'
import { packAll } from './tarballs.ts'

for (const { package: each, file } of await packAll()) {
  const types = fetched(['@arethetypeswrong/cli'], 'attw', '--no-color', '--profile', 'strict', file)
  await Promise.all([mustRun(fetched(['publint'], 'publint', '--strict', file)), mustRun(types)])
  console.log(each.manifest.name)
}
