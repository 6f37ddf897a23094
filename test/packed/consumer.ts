/** An empty project that installs the tarballs with npm, as a user does. */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustRun } from '../../scripts/command.ts'
import type { Package } from '../../scripts/packages.ts'
import { packAll } from '../../scripts/tarballs.ts'

/** The project, with every published package and its peers installed, and the programs of this folder beside them. */
export interface Consumer {
  readonly folder: string
  readonly packages: readonly Package[]
}

export async function createConsumer(): Promise<Consumer> {
  const tarballs = await packAll()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-consumer-'))
  const peers = Object.assign({}, ...tarballs.map((each) => each.package.manifest.peerDependencies))
  const packed = Object.fromEntries(tarballs.map((each) => [each.package.manifest.name, `file:${each.file}`]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { ...peers, ...packed } }, null, 2))
  await mustRun(['npm', 'install', '--no-audit', '--no-fund'], folder)
  cpSync(fileURLToPath(new URL('programs', import.meta.url)), folder, { recursive: true })
  return { folder, packages: tarballs.map((each) => each.package) }
}
