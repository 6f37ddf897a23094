/** `pnpm bench` and `pnpm bench:ab`: build the packages and the benchmarks, then run a program of `bench/dist` with the same options. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Command } from './command.ts'
import { answerHelp } from './help.ts'
import { root } from './packages.ts'

const [kind, ...options] = process.argv.slice(2)
answerHelp(kind === 'ab' ? 'bench:ab' : 'bench')

const program = kind === 'ab' ? ['dist/ab/ab.js'] : ['--expose-gc', 'dist/run.js']
const [path = '', ...flags] = program.toReversed()
const commands: readonly Command[] = [
  ['tsx', join(root, 'scripts/build.ts')],
  ['tsc', '-b', join(root, 'bench')],
  [process.execPath, ...flags, join(root, 'bench', path), ...options],
]
for (const [name, ...args] of commands) {
  const { status } = spawnSync(name, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
