/** One kind of rule, one place: what differs between kinds is a member of the kind, and no file outside its folders asks for its name. */
import { type Files, type Source, sourcesOf } from '../files.ts'
import { parseModule } from '../module.ts'

/** The folders of kinds: those of the core and of the Redis store. */
const ownFolder = /^packages\/(core\/src\/rules|redis\/src\/kinds)\/[^/]+\//
/** Packages that decide or describe rules. The policy package makes them, and names their options. */
const asking = /^packages\/(core|http)\/src\//

export function strayKinds(files: Files): readonly string[] {
  const sources = sourcesOf(files).filter(({ path }) => !path.endsWith('.test.ts'))
  const names = new Set(
    sources.filter(isOwn).flatMap(({ text }) => [...text.matchAll(/^ {2}name: '([a-z-]+)',$/gm)].map(([, name]) => name!)),
  )
  // Functions that ask a rule for one kind: `isTokenBucket(` for token-bucket.
  const asksKind = new RegExp(`\\bis(?:${[...names].map(pascalCase).join('|')})\\(`)
  return sources
    .filter((source) => asking.test(source.path) && !isOwn(source))
    .flatMap(({ path, text }) => {
      const named = parseModule(path, text).strings.filter((string) => names.has(string))
      const tested = text.match(asksKind) ?? []
      return [...new Set([...named, ...tested.slice(0, 1)])].map((kind) => `${path} knows the kind of rule ${kind.replace('(', '')}`)
    })
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function isOwn({ path }: Source): boolean {
  return ownFolder.test(path)
}
