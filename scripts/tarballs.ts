/** Builds the packages and packs them, exactly as publishing would. */
import { join } from 'node:path'
import { buildAll } from './build-package.ts'
import { mustRun } from './command.ts'
import { type Package, publishedPackages, root } from './packages.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A package and the file that would be published. */
export interface Tarball {
  readonly package: Package
  readonly file: string
}

/** Packs every published package into a new temporary folder. */
export async function packAll(): Promise<readonly Tarball[]> {
  const packages = publishedPackages()
  await buildAll()
  const folder = temporaryFolder('sluice-tarballs-')
  const tarballs: Tarball[] = []
  for (const each of packages) {
    const { name, version } = each.manifest
    const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    await mustRun(['pnpm', 'pack', '--out', file], join(root, each.folder))
    tarballs.push({ package: each, file })
  }
  return tarballs
}
