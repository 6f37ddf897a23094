/** What an install of the Fastify package puts into `node_modules`, without Fastify, which the application has. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../command.ts'
import { packAll } from '../tarballs.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Bytes of all files, and of parts of them. */
export interface InstalledSize {
  readonly all: number
  readonly code: number
  /** The CommonJS of our packages, which Jest and older tools load. */
  readonly commonJs: number
  readonly types: number
  /** The comments in the types, which editors show. */
  readonly documentation: number
  /** Test suites for authors of stores and adapters. */
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
    .filter((file) => file !== '.package-lock.json' && statSync(join(modules, file)).isFile())
    .map((file) => ({ file, text: readFileSync(join(modules, file), 'utf8') }))
  const size = (pattern: RegExp, of = (text: string) => text): number =>
    files.filter(({ file }) => pattern.test(file)).reduce((bytes, { text }) => bytes + Buffer.byteLength(of(text)), 0)
  return {
    all: size(/./),
    code: size(/\.js$/),
    commonJs: size(/@sluice.*\.cjs$/),
    types: size(/\.d\.c?ts$/),
    documentation: size(/\.d\.c?ts$/, (text) => (text.match(/\/\*\*.*?\*\//gs) ?? []).join('')),
    testing: size(/@sluice.conformance/),
  }
}
