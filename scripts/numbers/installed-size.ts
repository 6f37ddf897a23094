/** What an install of the Fastify package puts into `node_modules`, without Fastify, which the application has. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../command.ts'
import { packAll } from '../tarballs.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Bytes of files, and how many of them are test suites for authors of stores and adapters. */
export interface InstalledSize {
  readonly bytes: number
  readonly testing: number
}

/** Builds and packs the packages, installs the tarball of `@sluice/fastify` with npm, and adds up the files. */
export async function fastifyInstalled(): Promise<InstalledSize> {
  const folder = temporaryFolder('sluice-installed-')
  const tarballs = Object.fromEntries((await packAll()).map((each) => [each.package.manifest.name, `file:${each.file}`]))
  const name = '@sluice/fastify'
  // The packages are not in a registry yet, so each of them is replaced by its tarball.
  const project = { private: true, dependencies: { [name]: tarballs[name] }, overrides: { ...tarballs, [name]: undefined } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
  await mustRun(['npm', 'install', '--legacy-peer-deps', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  const modules = join(folder, 'node_modules')
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .filter((file) => file !== '.package-lock.json')
    .map((file) => ({ file, stat: statSync(join(modules, file)) }))
    .filter(({ stat }) => stat.isFile())
  const sum = (counted: typeof files): number => counted.reduce((bytes, { stat }) => bytes + stat.size, 0)
  return { bytes: sum(files), testing: sum(files.filter(({ file }) => /@sluice.conformance/.test(file))) }
}
