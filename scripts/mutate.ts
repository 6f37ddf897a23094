/**
 * `pnpm mutate [file...]`: changes the deciders in small ways, one at a time, and shows which changes no test notices. It fails where one
 * of them is not explained in `test/mutation/survivors.diff`, or where an explanation is no longer needed.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare, type Explained, parseExplained, type Report, type Survivor, survivorsOf } from '../test/mutation/survivors.ts'
import { answerHelp } from './help.ts'
import { root } from './packages.ts'
import { fetched } from './programs.ts'

answerHelp('mutate')
const files = process.argv.slice(2)
const [program, ...args] = fetched(
  ['@stryker-mutator/core', '@stryker-mutator/vitest-runner', 'typescript'],
  'stryker',
  'run',
  'test/mutation/stryker.config.mjs',
  ...(files.length > 0 ? ['--mutate', files.join(',')] : []),
)
const { status } = spawnSync(program, args, { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const report = JSON.parse(readFileSync(join(root, 'reports/mutation/mutation.json'), 'utf8')) as Report
const { unexplained, outdated } = compare(report, parseExplained(readFileSync(join(root, 'test/mutation/survivors.diff'), 'utf8')))
printScores(report)
print('No test notices, and nothing explains', unexplained)
print('There is no such survivor any more as test/mutation/survivors.diff explains', outdated)
process.exit(unexplained.length + outdated.length === 0 ? 0 : 1)

/** How many of the mutations of each file were noticed. */
function printScores({ files: mutated }: Report): void {
  for (const [file, { source, mutants }] of Object.entries(mutated)) {
    const all = mutants.filter((mutant) => mutant.status !== 'Ignored').length
    const unnoticed = survivorsOf({ files: { [file]: { source, mutants } } }).length
    console.log(`${file.padEnd(60)}${String(all - unnoticed).padStart(4)} of ${String(all).padStart(4)} noticed`)
  }
}

function print(title: string, changes: readonly (Survivor | Explained)[]): void {
  if (changes.length > 0) console.log(`\n${title}:`)
  for (const change of changes) {
    console.log(`\n${change.file}${'line' in change ? `:${change.line}` : ''}\n- ${change.from}\n+ ${change.to}`)
  }
}
