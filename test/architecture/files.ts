/** The files that the rules look at: every text of the workspace by its path, so that a test can write a bad workspace as data. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Text by path; paths are relative to the root, with forward slashes. */
export type Files = Readonly<Record<string, string>>

/** A rule of the workspace: returns one sentence for each fault in the files. */
export type Rule = (files: Files) => readonly string[]

const skipped = new Set(['node_modules', 'dist', '.types', 'coverage', 'reports', '.git', '.stryker-tmp'])
const texts = /\.(ts|mjs|cjs|js|json|lua|md|yaml|yml|html|css)$|^\.npmrc$|^LICENSE$/

/** Every text of this workspace. */
export function readWorkspace(): Files {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const files: Record<string, string> = {}
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !skipped.has(entry.name)) visit(path)
      if (entry.isFile() && texts.test(entry.name)) files[path] = readFileSync(join(root, path), 'utf8')
    }
  }
  visit('')
  return files
}

/** A source file of a package. */
export interface Source {
  readonly path: string
  /** The folder of its package: `core`. */
  readonly home: string
  readonly text: string
  readonly isTest: boolean
}

/** The TypeScript sources of the packages, their tests included. */
export function sourcesOf(files: Files): readonly Source[] {
  return Object.entries(files).flatMap(([path, text]) => {
    const home = /^packages\/([^/]+)\/src\/.*\.ts$/.exec(path)?.[1]
    return home === undefined ? [] : [{ path, home, text, isTest: path.endsWith('.test.ts') }]
  })
}

/** The parts of a package.json that the rules read. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly keywords?: readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
  /** Code by condition, or data by its path alone. */
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>> | string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** The package in `packages/<home>`, by the name of that folder. */
export function manifestsOf(files: Files): Readonly<Record<string, Manifest>> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, text]) => {
      const home = /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1]
      return home === undefined ? [] : [[home, JSON.parse(text) as Manifest]]
    }),
  )
}
