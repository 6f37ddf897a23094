/**
 * Builds the published packages. rolldown writes one file of code for each source file, so that no code exists twice, and a bundler leaves
 * out each file that an application does not use. TypeScript writes the declarations. Only those that an entry point reaches are published.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { parseSync } from 'rolldown/utils'
import { writeCommonJs, writeRequiredTypes } from './build-commonjs.ts'
import { mustRun } from './command.ts'
import { codeEntriesOf, type Package, publishedPackages, root } from './packages.ts'

/** Where `tsc -b` leaves the declarations of a package. */
const declarationFolder = '.types'

/** Type-checks all published packages, then builds each of them from nothing. */
export async function buildAll(): Promise<void> {
  const packages = publishedPackages()
  await mustRun(['tsc', '-b', ...packages.map(({ folder }) => folder)], root)
  for (const each of packages) {
    rmSync(join(root, each.folder, 'dist'), { recursive: true, force: true })
    // A package compares its version with that of the core when it loads.
    const transform = { define: { SLUICE_VERSION: JSON.stringify(each.manifest.version) } }
    await writeCode(each, transform)
    await writeCommonJs(each, transform)
    copyDeclarations(each)
  }
  // The types of one package may name those of another.
  for (const each of packages) writeRequiredTypes(each)
}

/**
 * Keeps names and lines, so that a stack trace can be read without a source map. Comments are left out: editors show those of the
 * declarations. Each part of a file names the source that it comes from.
 */
async function writeCode(each: Package, transform: object): Promise<void> {
  const folder = join(root, each.folder)
  const entries = codeEntriesOf(each).map(({ code, source }) => [
    code.replace(/^\.\/dist\//, '').replace(/\.js$/, ''),
    join(folder, source),
  ])
  const bundle = await rolldown({
    cwd: folder,
    input: Object.fromEntries(entries),
    // Every import that is not relative: Node's own modules, dependencies and peers, and the package's own name.
    external: /^[^./]/,
    platform: 'neutral',
    tsconfig: false,
    transform,
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    comments: { legal: true, annotation: true, jsdoc: false },
    entryFileNames: '[name].js',
    preserveModules: true,
    preserveModulesRoot: join(folder, 'src'),
  })
  await bundle.close()
}

/** Copies the declarations that the entry points reach, so that types no user can name are not published. */
function copyDeclarations(each: Package): void {
  const from = join(root, each.folder, declarationFolder)
  const reached = new Set(codeEntriesOf(each).map(({ types }) => join(from, relative('dist', types))))
  // A set hands out what is added while it is walked.
  for (const file of reached) for (const imported of declarationsImportedBy(file)) reached.add(imported)
  for (const file of reached) {
    const target = join(root, each.folder, 'dist', relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
}

function declarationsImportedBy(file: string): readonly string[] {
  const specifiers = importsOf(file, readFileSync(file, 'utf8')).filter((specifier) => specifier.startsWith('.'))
  return specifiers.map((specifier) => join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')))
}

/** The specifiers of a module's imports and re-exports, and of types that are written as `import('...')`. */
export function importsOf(file: string, text: string): readonly string[] {
  const { module, program } = parseSync(file, text)
  const statements = [...module.staticImports.map(({ moduleRequest }) => moduleRequest.value)]
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest !== null) statements.push(moduleRequest.value)
  }
  return [...statements, ...importTypesIn(program)]
}

function importTypesIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  const { type, source } = node as { readonly type?: string; readonly source?: { readonly value?: unknown } }
  const own = type === 'TSImportType' && typeof source?.value === 'string' ? [source.value] : []
  return [...own, ...Object.values(node).flatMap(importTypesIn)]
}
