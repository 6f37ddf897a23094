/** `pnpm mutate [file...]`: changes the deciders in small ways, one at a time, and shows which changes no test notices. */
import { spawnSync } from 'node:child_process'
import { fetched } from './programs.ts'

const files = process.argv.slice(2)
const [program, ...args] = fetched(
  ['@stryker-mutator/core', '@stryker-mutator/vitest-runner', 'typescript'],
  'stryker',
  'run',
  ...(files.length > 0 ? ['--mutate', files.join(',')] : []),
)
process.exit(spawnSync(program, args, { stdio: 'inherit' }).status ?? 1)
