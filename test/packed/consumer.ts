/** An empty project that installs the tarballs with npm, as a user does. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustRun } from '../../scripts/command.ts'
import type { Package } from '../../scripts/packages.ts'
import { packAll } from '../../scripts/tarballs.ts'
import { temporaryFolder } from '../../scripts/temporary-folder.ts'

/** The project, with every published package and its peers installed, and the programs of this folder beside them. */
export interface Consumer {
  readonly folder: string
  readonly packages: readonly Package[]
}

export async function createConsumer(): Promise<Consumer> {
  const tarballs = await packAll()
  const folder = temporaryFolder('sluice-consumer-')
  const peers = Object.fromEntries(tarballs.flatMap((each) => Object.entries(each.package.manifest.peerDependencies ?? {})))
  const packed = Object.fromEntries(tarballs.map((each) => [each.package.manifest.name, `file:${each.file}`]))
  const dependencies = { '@types/node': '^24', ...peers, ...packed }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2))
  await mustRun(['npm', 'install', '--no-audit', '--no-fund'], folder)
  cpSync(fileURLToPath(new URL('programs', import.meta.url)), folder, { recursive: true })
  return { folder, packages: tarballs.map((each) => each.package) }
}
