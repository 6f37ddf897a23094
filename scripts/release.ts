/**
 * `pnpm release [--dry-run]`: publishes the tarballs of all packages with npm, which adds a statement of their provenance. Only the workflow
 * of a release can do it. A dry run says what would be published, anywhere.
 */
import { mustRun, run } from './command.ts'
import { answerHelp } from './help.ts'
import { packAll } from './tarballs.ts'

answerHelp('release')
const options = process.argv.slice(2)
if (options.some((option) => option !== '--dry-run')) throw new Error(`pnpm release knows --dry-run, and not ${options.join(' ')}.`)

for (const { package: each, file } of await packAll()) {
  const { name, version } = each.manifest
  // A release that failed halfway goes on where it stopped.
  const isPublished = (await run(['npm', 'view', `${name}@${version}`, 'version'])).output.trim() === version
  if (!isPublished) await mustRun(['npm', 'publish', file, '--access', 'public', '--provenance', ...options])
  const outcome = options.length > 0 ? 'would be published' : 'is published now'
  console.log(`${name}@${version} ${isPublished ? 'was published before' : outcome}`)
}
