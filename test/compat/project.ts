/** A project of a user: tools from the registry, and the packages as they would be published. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, mustRun } from '../../scripts/command.ts'
import { entriesOf } from '../../scripts/packages.ts'
import type { Tarball } from '../../scripts/tarballs.ts'
import { temporaryFolder } from '../../scripts/temporary-folder.ts'

/** Something that loads the packages, and must load them well. */
export interface Consumer {
  /** `Jest 29`, for example. */
  readonly name: string
  /** What is true when it passes. */
  readonly holds: string
  /** Throws with the output of the command that failed. */
  run(tarballs: readonly Tarball[]): Promise<void>
}

/** What is in `node_modules` beside our packages and their own dependencies: versions by name. */
export type Tools = Readonly<Record<string, string>>

/** A folder with tools, packages, and the programs of this folder. */
export interface Project {
  readonly folder: string
  /** Runs a command in the folder. */
  run(...command: Command): Promise<string>
  write(file: string, text: string): void
}

/**
 * Makes a project in a temporary folder. npm installs the tools once for each machine, under the temporary folder of the system. Each run
 * links them, and unpacks the tarballs beside them.
 * @param programs - the folder of `programs` that is copied into the project
 */
export async function createProject(tarballs: readonly Tarball[], tools: Tools, programs = '.'): Promise<Project> {
  const own = Object.assign({}, ...tarballs.map(({ package: { manifest } }) => manifest.dependencies)) as Tools
  const others = Object.fromEntries(Object.entries(own).filter(([name]) => !name.startsWith('@sluice/')))
  const installed = await installedOnce({ ...others, ...tools })
  const folder = temporaryFolder('sluice-compat-')
  // Links in place of copies, where the system has them: some tools are a hundred megabytes.
  await mustRun(['cp', process.platform === 'linux' ? '-al' : '-R', join(installed, 'node_modules'), folder])
  for (const { package: each, file } of tarballs) {
    const target = join(folder, 'node_modules', each.manifest.name)
    mkdirSync(target, { recursive: true })
    await mustRun(['tar', '-xzf', file, '--strip-components=1', '-C', target])
  }
  await mustRun(['cp', '-R', `${fileURLToPath(new URL(`programs/${programs}`, import.meta.url))}/.`, folder])
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  write('package.json', '{ "private": true }')
  return { folder, write, run: (...command) => mustRun(command, folder) }
}

/** The folder with `node_modules` of these tools. Two runs at once each install, and one of them is kept. */
async function installedOnce(dependencies: Tools): Promise<string> {
  const text = JSON.stringify({ private: true, dependencies }, null, 2)
  const folder = join(tmpdir(), 'sluice-compat', createHash('sha256').update(text).digest('hex').slice(0, 16))
  if (existsSync(folder)) return folder
  const unfinished = `${folder}-${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  writeFileSync(join(unfinished, 'package.json'), text)
  await mustRun(['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'], unfinished)
  try {
    renameSync(unfinished, folder)
  } catch {
    rmSync(unfinished, { recursive: true })
  }
  return folder
}

/** What an application installs beside the packages: their peers, without Vitest, which the suite for adapters needs alone. */
export function applicationPeers(tarballs: readonly Tarball[]): Tools {
  const { vitest: _vitest, ...peers } = peersOf(tarballs)
  return peers
}

/** Everything that the packages expect an application to bring. */
export function peersOf(tarballs: readonly Tarball[]): Tools {
  return Object.assign({}, ...tarballs.map((each) => each.package.manifest.peerDependencies)) as Tools
}

/** What users write to import each entry point. */
export function specifiersOf(tarballs: readonly Tarball[]): readonly string[] {
  return tarballs.flatMap((each) => entriesOf(each.package))
}
