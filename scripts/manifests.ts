/**
 * What all published packages have alike in their package.json: it follows from the source of each entry point and from two addresses.
 * `pnpm manifests` writes it, and the architecture test fails where a manifest differs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { site } from '../packages/core/src/site.ts'
import { repository } from './addresses.ts'
import { codeEntriesOf, exportsFor, type Manifest, olderFieldsOf, publishedPackages, root } from './packages.ts'

/** The fields of a manifest that follow from others and from the addresses. @param folder - `packages/core` */
export function sharedFieldsOf(folder: string, manifest: Manifest): Readonly<Record<string, unknown>> {
  const code = new Map(codeEntriesOf({ manifest }).map((entry) => [entry.subpath, exportsFor(entry)]))
  const exported = Object.entries(manifest.exports ?? {}).map(([subpath, target]) => [subpath, code.get(subpath) ?? target])
  return {
    homepage: site,
    bugs: { url: `${repository}/issues` },
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '^20.19.0 || >=22.12.0' },
    publishConfig: { access: 'public', provenance: true },
    ...olderFieldsOf({ manifest }),
    exports: Object.fromEntries(exported),
  }
}

/** Writes the shared fields into the manifest of each package that is published. */
export function writeManifests(): void {
  for (const { folder, manifest } of publishedPackages()) {
    const file = join(root, folder, 'package.json')
    const { name, version, description, keywords, files, ...others } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    const shared = sharedFieldsOf(folder, manifest)
    const own = Object.fromEntries(Object.entries(others).filter(([field]) => !(field in shared)))
    const { exports, ...described } = shared
    const written = { name, version, description, keywords, ...described, files, exports, ...own }
    writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`)
  }
}
