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
  /** `.` or `./testing`. */
  readonly subpath: string
  /** Relative to the package, like the others: `./src/index.ts`. */
  readonly source: string
  readonly types: string
  readonly code: string
  /** What Jest and older tools load in place of `code`. */
  readonly required: string
  readonly requiredTypes: string
}

/** The entry points of a package that are code, in the order of its manifest. Only `source` is free: {@link exportsFor} gives the others. */
export function codeEntriesOf({ manifest }: Pick<Package, 'manifest'>): readonly CodeEntry[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const source = (target as Readonly<Record<string, string>>)['@sluice/source']
    return source === undefined ? [] : [codeEntry(subpath, source)]
  })
}

function codeEntry(subpath: string, source: string): CodeEntry {
  const name = source.replace(/^\.\/src\//, '').replace(/\.ts$/, '')
  return {
    subpath,
    source,
    types: `./dist/${name}.d.ts`,
    code: `./dist/${name}.js`,
    required: `./dist/cjs/${name}.cjs`,
    requiredTypes: `./dist/cjs/${name}.d.cts`,
  }
}

/** The conditions under which every entry point is exported, in the order in which tools read them. */
export function exportsFor({ source, types, code, required, requiredTypes }: CodeEntry): Readonly<Record<string, unknown>> {
  const esm = { types, default: code }
  return {
    // This workspace alone. What is published does not have it.
    '@sluice/source': source,
    // Node from 20.19 on loads the ESM for `import` and `require` alike, so that a process never has two copies.
    'module-sync': esm,
    // So do bundlers, and Bun.
    module: esm,
    bun: esm,
    import: esm,
    // Jest, and whatever else knows none of the above.
    require: { types: requiredTypes, default: required },
  }
}

/** Where TypeScript finds everything in the mode `node10`, and tools as old as that: they do not read `exports`. */
export function olderFieldsOf(each: Pick<Package, 'manifest'>): Readonly<Record<string, unknown>> {
  const entries = codeEntriesOf(each)
  const main = entries.find(({ subpath }) => subpath === '.')
  const types = entries.filter((entry) => entry !== main).map((entry) => [entry.subpath, entry.types] as const)
  const data = Object.entries(each.manifest.exports ?? {}).filter(([subpath, target]) => typeof target === 'string' && target !== subpath)
  const paths = Object.fromEntries([...types, ...data].map(([subpath, target]) => [subpath.slice(2), [target]]))
  return {
    ...(main === undefined ? {} : { main: main.required, types: main.types }),
    ...(Object.keys(paths).length === 0 ? {} : { typesVersions: { '*': paths } }),
  }
}

/** What users write to import code from a package: its name, and one specifier for each further entry that is not data. */
export function entriesOf({ manifest }: Package): readonly string[] {
  const entries = Object.keys(manifest.exports ?? {}).filter((entry) => !entry.endsWith('.json'))
  return entries.map((entry) => manifest.name + entry.slice(1))
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
