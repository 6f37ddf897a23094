/** `@sluice/core/internal` is for our own packages: users never meet it. It has no name that users have, and none without an importer. */
import { type Files, sourcesOf } from '../files.ts'

const entry = 'packages/core/src/internal.ts'
const importOfIt = /(?:from|import\()\s*'@sluice\/core\/internal'/

/** What users read and write. */
const readByUsers = /\.md$|^examples\/|^test\/(surface|compat\/programs|guides\/peers)\//

export function misusedInternals(files: Files): readonly string[] {
  const shared = exportedBy(files[entry] ?? '')
  const offered = new Set(exportedBy(files['packages/core/src/index.ts'] ?? ''))
  const needed = new Set(sourcesOf(files).flatMap(({ home, isTest, text }) => (home === 'core' || isTest ? [] : importedFromIt(text))))
  return [
    ...Object.entries(files)
      .filter(([path, text]) => readByUsers.test(path) && importOfIt.test(text))
      .map(([path]) => `${path} shows @sluice/core/internal to users`),
    ...shared.filter((name) => offered.has(name)).map((name) => `${entry} exports ${name}, and so does index.ts`),
    ...shared.filter((name) => !needed.has(name)).map((name) => `${entry} exports ${name}, which no other package imports`),
  ]
}

function exportedBy(text: string): readonly string[] {
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => namesIn(names))
}

function importedFromIt(text: string): readonly string[] {
  return [...text.matchAll(/\{([^{}]*)\} from '@sluice\/core\/internal'/g)].flatMap(([, names = '']) => namesIn(names))
}

function namesIn(list: string): readonly string[] {
  const names = list.split(',').map((name) =>
    name
      .trim()
      .replace(/^type /, '')
      .replace(/ as .*$/, ''),
  )
  return names.filter((name) => name !== '')
}
