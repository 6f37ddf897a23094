/** The folders of a package import each other in one direction: no way through imports leads back into the folder where it began. */
import { posix } from 'node:path'
import { type Files, sourcesOf } from '../files.ts'
import { parseModule } from '../module.ts'

interface Import {
  readonly from: string
  readonly to: string
  readonly text: string
}

/** Imports that lie on a way back into a folder. A test may import what it likes. */
export function waysBack(files: Files): readonly string[] {
  const imports = sourcesOf(files)
    .filter(({ isTest }) => !isTest)
    .flatMap(({ path, text }) => parseModule(path, text).imports.flatMap((specifier) => betweenFolders(path, specifier)))
  const next = new Map<string, Set<string>>()
  for (const { from, to } of imports) next.set(from, (next.get(from) ?? new Set()).add(to))
  const ways = new Map([...next.keys()].map((place) => [place, reachedFrom(place, next)]))
  // Files that lie in no folder may know each other's types.
  const isBack = ({ from, to }: Import): boolean => ways.get(to)?.has(from) === true && !(from.endsWith('.ts') && to.endsWith('.ts'))
  return imports.filter(isBack).map(({ text }) => text)
}

/** An import of another folder, or of a file that lies in no folder. */
function betweenFolders(path: string, specifier: string): readonly Import[] {
  if (!specifier.startsWith('.')) return []
  const from = placeOf(path)
  const to = placeOf(posix.join(posix.dirname(path), specifier))
  return from === to ? [] : [{ from, to, text: `${path} imports ${specifier}` }]
}

/** The first folder below `src`, or the file itself if it lies in none. */
function placeOf(path: string): string {
  return /^packages\/[^/]+\/src\/[^/]+/.exec(path)?.[0] ?? path
}

function reachedFrom(place: string, next: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const reached = new Set<string>()
  const visit = (at: string): void => {
    for (const to of next.get(at) ?? []) {
      if (reached.has(to)) continue
      reached.add(to)
      visit(to)
    }
  }
  visit(place)
  return reached
}
