/** The table of checks: what each holds, and the commands that find out. */
import type { Command } from './command.ts'
import { fetched, sourceVersions, typescriptAt } from './programs.ts'

/** Something that must be true of the workspace before it is published. */
export interface Check {
  readonly name: string
  /** What is true when it passes. */
  readonly holds: string
  /** Run one after the other; the check passes when all succeed. */
  readonly commands: readonly Command[]
  /** Whether it also looks at single paths, which are appended to each command. */
  readonly takesPaths?: boolean
}

/** Every check, in the order in which they run: `types` first, since it also builds what later ones look at. */
export const checks: readonly Check[] = [
  {
    name: 'types',
    holds: 'sources, tests, examples and benchmarks type-check, and what users write on TypeScript 5.9 and 7',
    commands: [
      ['tsc', '-b'],
      ['tsc', '-p', 'packages/http/tsconfig.portable.json'],
      ['tsc', '-p', 'packages/dashboard/client'],
      ...sourceVersions.map((version) => typescriptAt(version, '-p', 'test/surface')),
    ],
  },
  {
    name: 'lint',
    holds: 'no lint, no floating promise, no import cycle, formatted',
    commands: [['biome', 'check', '--error-on-warnings', '--diagnostic-level=warn'], ['oxlint']],
  },
  {
    name: 'bounds',
    holds:
      'memory does not grow with keys and rules, no script holds a Redis server for a millisecond, and calls through egress are prompt',
    commands: [['vitest', 'run', '--project', 'bounds', '--no-file-parallelism']],
  },
  { name: 'dead-code', holds: 'no unused file, export or dependency', commands: [fetched(['knip'], 'knip')] },
  { name: 'architecture', holds: 'imports follow the arrows of the packages', commands: [['vitest', 'run', 'test/architecture']] },
  {
    name: 'docs',
    holds: 'the site and its API reference build without a warning, and no link is dead',
    commands: [['tsx', 'scripts/docs.ts', 'build']],
  },
  { name: 'publishable', holds: 'publint and are-the-types-wrong accept the tarballs', commands: [['tsx', 'scripts/check-tarballs.ts']] },
  {
    name: 'prose',
    holds: 'no retired word, no sentence over 30 words, an example for every function that users import',
    commands: [['tsx', 'scripts/check-prose.ts']],
    takesPaths: true,
  },
]
