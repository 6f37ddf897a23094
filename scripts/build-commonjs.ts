/**
 * Builds the CommonJS of a package, for what cannot `require()` ESM: Jest, and TypeScript in its older modes. Node, bundlers and other
 * runtimes never load it, as the `exports` of each manifest says. So that an install stays small, it is bundled and minified. What
 * is declared at the top keeps its name, which stack traces show. A check of the core reads such names in the text of functions.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { parseSync } from 'rolldown/utils'
import { type CodeEntry, codeEntriesOf, type Package, publishedPackages, root } from './packages.ts'

const keepNames = { function: true, class: true }

/** Writes one file for each entry point, and files for the code that entry points share. */
export async function writeCommonJs(each: Package, transform: object): Promise<void> {
  const folder = join(root, each.folder)
  const input = Object.fromEntries(codeEntriesOf(each).map(({ source, required }) => [nameOf(required), join(folder, source)]))
  const bundle = await rolldown({ cwd: folder, input, external: /^[^./]/, platform: 'neutral', tsconfig: false, transform })
  await bundle.write({
    dir: join(folder, 'dist/cjs'),
    format: 'cjs',
    exports: 'named',
    minify: { compress: { keepNames }, mangle: { keepNames: true, toplevel: false }, codegen: { removeWhitespace: true } },
    comments: { legal: true, annotation: false, jsdoc: false },
    entryFileNames: '[name].cjs',
    chunkFileNames: 'shared/[name].cjs',
    minifyInternalExports: false,
  })
  await bundle.close()
}

/** `testing/index` of `./dist/cjs/testing/index.cjs`. */
function nameOf(required: string): string {
  return relative('dist/cjs', required).replace(/\.cjs$/, '')
}

/**
 * Writes the types of what `require` loads. They name the types of the ESM, so that a rule from an `import` fits a limiter from a
 * `require`, and no declaration is installed twice.
 */
export function writeRequiredTypes(each: Package): void {
  for (const entry of codeEntriesOf(each)) {
    const file = join(root, each.folder, entry.requiredTypes)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, requiredTypes(each, entry))
  }
}

function requiredTypes(each: Package, { types, requiredTypes: own }: CodeEntry): string {
  const declarations = join(root, each.folder, types)
  const module = posix.relative(posix.dirname(own), types).replace(/\.d\.ts$/, '.js')
  const exported = exportsOf(declarations)
  const onlyTypes = exported.filter(({ isType }) => isType).map(({ name }) => name)
  const values = exported.filter(({ isType }) => !isType).map(({ name }) => name)
  const mode = `with { 'resolution-mode': 'import' }`
  return [
    `import type * as esm from '${module}' ${mode}`,
    ...(onlyTypes.length === 0 ? [] : [`export type { ${onlyTypes.join(', ')} } from '${module}' ${mode}`]),
    ...values.map((name) =>
      name === 'default'
        ? `declare const main: typeof esm.default\nexport default main`
        : `export declare const ${name}: typeof esm.${name}`,
    ),
    // A class is a value and a type.
    ...values.filter((name) => isAlsoType(declarations, name)).map((name) => `export type ${name} = esm.${name}`),
    '',
  ].join('\n')
}

interface Exported {
  readonly name: string
  /** Its name in the file that it comes from. */
  readonly original: string
  readonly isType: boolean
  /** The file that it comes from; `undefined` for a declaration in the file itself. */
  readonly from: string | undefined
}

/** What a declaration file exports. An index exports each name explicitly, as the architecture test holds. */
function exportsOf(file: string): readonly Exported[] {
  const text = readFileSync(file, 'utf8')
  const entries = parseSync(file, text).module.staticExports.flatMap((statement) => statement.entries)
  const exported = entries.map(({ exportName, importName, isType, moduleRequest }) => {
    const name = exportName.name ?? 'default'
    // To the parser everything that a file only declares is a type.
    const isValue = new RegExp(`^export declare (function|const|class) ${name}\\b`, 'm').test(text)
    return { name, original: importName.name ?? name, isType: isType && !isValue, from: moduleRequest?.value }
  })
  // A function with overloads is declared more than once.
  return exported.filter(({ name }, i) => exported.findIndex((other) => other.name === name) === i)
}

/** Whether a name that a file exports is a type, beside what else it may be. */
function isAlsoType(file: string, name: string): boolean {
  const text = readFileSync(file, 'utf8')
  if (new RegExp(`^export (declare )?(class|interface|type) ${name}\\b`, 'm').test(text)) return true
  return exportsOf(file).some((each) => {
    return each.name === name && each.from !== undefined && isAlsoType(declarationsOf(file, each.from), each.original)
  })
}

/** The declaration file that a specifier means. */
function declarationsOf(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier.replace(/\.[jt]s$/, '.d.ts'))
  for (const each of publishedPackages()) {
    const entry = codeEntriesOf(each).find(({ subpath }) => each.manifest.name + subpath.slice(1) === specifier)
    if (entry !== undefined) return join(root, each.folder, entry.types)
  }
  throw new Error(`${importer} exports names of ${specifier}, which is no package of ours`)
}
