/** The packages that are published, read from their manifests. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds the whole workspace. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** What the workshop reads of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  /** What is published beside the manifest itself. */
  readonly files: readonly string[]
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package of the workspace and where it lies. */
export interface Package {
  /** Relative to the root, with forward slashes: `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package that goes to the registry, by name of its folder. */
export function publishedPackages(): readonly Package[] {
  return readdirSync(join(root, 'packages'))
    .sort()
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .map((name) => ({ folder: `packages/${name}`, manifest: readManifest(join(root, 'packages', name, 'package.json')) }))
    .filter(({ manifest }) => manifest.private !== true)
}

/** An entry point that is code: its files in the package, each as the manifest writes it. */
export interface CodeEntry {
  /** Relative to the package, like the others: `./src/index.ts`. */
  readonly source: string
  readonly types: string
  readonly code: string
}

/** The entry points of a package that are code, in the order of its manifest. */
export function codeEntriesOf({ manifest }: Package): readonly CodeEntry[] {
  const targets = Object.values(manifest.exports ?? {}).filter((target) => typeof target === 'object' && target !== null)
  return (targets as readonly Readonly<Record<string, string>>[]).map((conditions) => ({
    source: conditions['@sluice/source'] ?? '',
    types: conditions.types ?? '',
    code: conditions.default ?? '',
  }))
}

/** What users write to import code from a package: its name, and one specifier for each further entry that is not data. */
export function entriesOf({ manifest }: Package): readonly string[] {
  const entries = Object.keys(manifest.exports ?? {}).filter((entry) => !entry.endsWith('.json'))
  return entries.map((entry) => manifest.name + entry.slice(1))
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
