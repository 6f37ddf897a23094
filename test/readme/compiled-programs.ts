/** Programs of documents in JavaScript, all from one step of the compiler, so that what they share is loaded once. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DocumentProgram } from './snippets.ts'

/** Packages that a reader does not install: ours, and what only ours depend on. */
const ours = /^(@sluice\/|fastify-plugin|jsonc-parser|eventsource-parser)/

/** A program that can be imported. It exports what it calls `app` as `__app`, which the reader serves. */
export interface CompiledProgram {
  readonly name: string
  readonly file: string
}

/** The folder of what was compiled under a name. It lies below the packages that tests install. */
export function folderOf(name: string): string {
  return fileURLToPath(new URL(`../node_modules/.programs/${name}/`, import.meta.url))
}

/**
 * Compiles programs. @param name - of their folder, one for each test file
 * @param others - further entries by name, such as what imports the programs
 */
export async function compiledPrograms(
  name: string,
  programs: readonly DocumentProgram[],
  others: Readonly<Record<string, string>> = {},
): Promise<readonly CompiledProgram[]> {
  const { build } = await import('esbuild')
  const sources = fileURLToPath(new URL('../node_modules/.documents/', import.meta.url))
  const folder = folderOf(name)
  mkdirSync(sources, { recursive: true })
  const entries = programs.map((program, at) => {
    const source = `${sources}${name}.${at}.${program.extension}`
    const app = /^const app = /m.test(program.text) ? 'app' : 'undefined'
    writeFileSync(source, program.extension === 'cjs' ? program.text : `${program.text}\nexport const __app = ${app}`)
    return [String(at), source] as const
  })
  await build({
    entryPoints: { ...Object.fromEntries(entries), ...others },
    bundle: true,
    splitting: true,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@sluice/source'],
    mainFields: ['module', 'main'],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    // CommonJS packages ask for modules of Node in their own way.
    banner: { js: "import { createRequire as requireOf } from 'node:module'\nconst require = requireOf(import.meta.url)" },
    plugins: [
      {
        // Packages of the reader are loaded as they are installed. Those that only our packages need come into the programs.
        name: 'packages',
        setup: ({ onResolve }) => onResolve({ filter: /^[@a-z]/ }, ({ path }) => (ours.test(path) ? undefined : { path, external: true })),
      },
    ],
    logLevel: 'error',
  })
  return programs.map((program, at) => ({ name: program.name, file: `${folder}${at}.mjs` }))
}
