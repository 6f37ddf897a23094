/** TypeScript: the declarations compile strictly in every mode of resolution, and a wrong option is an error, so that nothing is `any`. */
import { join } from 'node:path'
import { resolutionsOf, typescriptVersions } from '../../scripts/programs.ts'
import { type Consumer, createProject, type Project, peersOf, specifiersOf } from './project.ts'

/** Programs that compile apart: what runs in a page sees its types, and no others do, and Hono has needs of its own. */
const apart: Readonly<Record<'page' | 'hono', readonly string[]>> = {
  page: ['@sluice/browser'],
  hono: ['@sluice/hono', '@sluice/dashboard/hono'],
}

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  noEmit: true,
  esModuleInterop: true,
}
const page = { lib: ['es2023', 'dom'], types: [] }

/** The options of each mode. A file `.mts` is ESM and `.cts` CommonJS where the mode has both. */
const modes: Readonly<Record<string, { readonly options: object; readonly extensions: readonly string[] }>> = {
  nodenext: { options: { module: 'nodenext' }, extensions: ['mts', 'cts'] },
  node16: { options: { module: 'node16' }, extensions: ['mts', 'cts'] },
  bundler: { options: { module: 'esnext', moduleResolution: 'bundler' }, extensions: ['ts'] },
  node10: { options: { module: 'commonjs', moduleResolution: 'node10' }, extensions: ['ts'] },
}

const onTypescript = (version: string): Consumer => ({
  name: `TypeScript ${version}`,
  holds: `the types compile in the modes ${resolutionsOf(version).join(', ')}`,
  async run(tarballs) {
    // The newest TypeScript has the newest types of Node.
    const tools = { typescript: version, '@types/node': version.startsWith('7') ? '^26' : '^24', ...peersOf(tarballs) }
    const project = await createProject(tarballs, tools, 'typed')
    const entries = specifiersOf(tarballs).filter((entry) => !Object.values(apart).flat().includes(entry))
    for (const mode of resolutionsOf(version)) {
      const options = {
        skipLibCheck: !checksLibraries(version, mode),
        ...(version.startsWith('6') && mode === 'node10' && { ignoreDeprecations: '6.0' }),
      }
      // The suites for authors bring the types of Vitest, which take half of the time, so one mode has them.
      const isWhole = mode === 'nodenext'
      await compile(project, mode, 'server', isWhole ? entries : entries.filter((entry) => !isSuite(entry)), options)
      await compile(project, mode, 'hono', apart.hono, { ...options, ...(isOlderThanHono(version) && { skipLibCheck: true }) })
      await compile(project, mode, 'page', apart.page, { ...options, ...page })
    }
  },
})

/**
 * Whether declarations are checked as well. One that names what a user has not installed would otherwise turn into `any` in silence. It takes
 * 13 seconds of a processor before TypeScript 7, so each version checks them in one mode, and each mode is checked by one version.
 */
function checksLibraries(version: string, mode: string): boolean {
  return mode === 'nodenext' || version.startsWith('7') || (mode === 'node10' && version.startsWith('5.9'))
}

const isSuite = (entry: string): boolean => entry.startsWith('@sluice/conformance')

/** The declarations of Hono itself need TypeScript 5.7. Users of an older one skip the check of libraries. */
const isOlderThanHono = (version: string): boolean => Number.parseFloat(version) < 5.7

/** Compiles a file that exports everything, and one that uses it, in each format of the mode. */
async function compile({ run, write, folder }: Project, mode: string, program: string, entries: readonly string[], options: object) {
  const { options: own, extensions } = modes[mode]!
  const files = extensions.flatMap((extension) => [`${mode}-${program}-all.${extension}`, `${mode}-${program}.${extension}`])
  for (const file of files) {
    if (file.includes('-all.')) write(file, entries.map((entry, n) => `export * as entry${n} from '${entry}'\n`).join(''))
    else await run('cp', `${program}.ts`, file)
  }
  write(`${mode}-${program}.json`, JSON.stringify({ compilerOptions: { ...strict, ...own, ...options }, files }))
  await run(process.execPath, join(folder, 'node_modules/typescript/bin/tsc'), '-p', `${mode}-${program}.json`)
}

export const typescript: readonly Consumer[] = typescriptVersions.map(onTypescript)
