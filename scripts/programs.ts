/** Programs that a single check needs: fetched when it runs, at these versions, so that the plain install stays small. */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from './command.ts'

const versions = {
  '@arethetypeswrong/cli': '0.18.5',
  '@stryker-mutator/core': '9.6.1',
  '@stryker-mutator/vitest-runner': '9.6.1',
  knip: '6.44.2',
  publint: '0.3.25',
  // The last line of TypeScript that are-the-types-wrong can load.
  typescript: '6.0.3',
} as const

/** A program of the table. */
export type Program = keyof typeof versions

/** Where npx finds nothing. What a package of the workspace has, it takes for installed, and then does not put it beside the others. */
const emptyFolder = join(tmpdir(), 'sluice-fetched')

/** The command that fetches `packages` once and runs `program`, which one of them brings, with `args`. */
export function fetched(packages: readonly Program[], program: string, ...args: string[]): Command {
  mkdirSync(emptyFolder, { recursive: true })
  return ['npx', '-y', `--prefix=${emptyFolder}`, ...packages.map((name) => `--package=${name}@${versions[name]}`), '--', program, ...args]
}

/** The Node versions under which the packages must work: the oldest of each line that can `require()` ESM without a flag, and the newest lines. */
export const nodeVersions: readonly string[] = ['20.19.0', '22.12.0', '24.21.0', '26.10.0']

/** The TypeScript versions whose users can compile against the packages: the oldest, the last of line 5, and the newest lines. */
export const typescriptVersions: readonly string[] = ['5.4.5', '5.9.3', '6.0.3', '7.0.2']

/** The versions that know the options of this workspace, and so can read its sources: the last of line 5, and the newest. */
export const sourceVersions: readonly string[] = ['5.9.3', '7.0.2']

/** The modes of `moduleResolution` that a version of TypeScript has. */
export function resolutionsOf(version: string): readonly string[] {
  const modes = ['nodenext', 'node16', 'bundler']
  return version.startsWith('7') ? modes : [...modes, 'node10']
}

/** The command that runs the compiler of that version with `args`. */
export function typescriptAt(version: string, ...args: string[]): Command {
  return ['npx', '-y', `--package=typescript@${version}`, '--', 'tsc', ...args]
}

/** The versions of Jest whose tests can load the packages. */
export const jestVersions: readonly string[] = ['29.7.0', '30.5.2']

/** What bundles the packages for Node and for pages, and React, which Next.js needs. */
export const bundlerVersions = { esbuild: '0.28.2', webpack: '5.113.0', next: '16.4.6', react: '19.3.1' } as const

/** Libraries of Prometheus, each with the first version of Node that it runs on. */
export const prometheusVersions: Readonly<Record<string, { readonly version: string; readonly node: number }>> = {
  'prom-client': { version: '^15.1.3', node: 20 },
  '@prometheus-io/client': { version: '^0.16.1', node: 22 },
}

/** The runtimes beside Node. */
export const runtimeVersions = { bun: '1.4.5', deno: '2.9.6', workerd: '1.20261117.1' } as const
