/** An index is the door of a package: it lists every name, and no file inside imports it. */
import { posix } from 'node:path'
import { type Files, sourcesOf } from '../files.ts'
import { parseModule } from '../module.ts'

export function misusedIndexes(files: Files): readonly string[] {
  return sourcesOf(files).flatMap(({ path, text, isTest }) => {
    const { imports, exportsAll } = parseModule(path, text)
    const throughIndex = imports.filter((specifier) => specifier.startsWith('.') && posix.basename(specifier) === 'index.ts')
    return [
      // The test of an index looks at the door itself.
      ...(isTest && posix.basename(path) === 'index.test.ts' ? [] : throughIndex.map((specifier) => `${path} imports ${specifier}`)),
      ...exportsAll.map((specifier) => `${path} exports everything of ${specifier}`),
    ]
  })
}
