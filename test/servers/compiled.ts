/** Programs of tests, each compiled to one file: Node starts that in a third of the CPU time that a loader of TypeScript takes. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'test/node_modules/.programs')
const programs = new Map<string, Promise<string>>()

/** The path of a program in JavaScript. Everything that it imports is in that file, but NestJS, and those that find their binaries by where they are. @param source - path of the program in TypeScript */
export function compiled(source: string): Promise<string> {
  const program = programs.get(source) ?? compile(source)
  programs.set(source, program)
  return program
}

async function compile(source: string): Promise<string> {
  // Loaded here, because most tests that start servers compile no program.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@sluice/source'],
    mainFields: ['module', 'main'],
    // CommonJS packages ask for modules of Node in their own way.
    banner: { js: "import { createRequire as requireOf } from 'node:module'\nconst require = requireOf(import.meta.url)" },
    // NestJS loads packages that it can do without. The others find their binaries by where their packages are.
    external: ['@nestjs/*', 'esbuild', 'node-sqlite3-wasm', '@valkey/valkey-glide'],
    logLevel: 'error',
  })
  const path = join(folder, `${relative(root, source).replaceAll(/[^\w.-]+/g, '-')}.mjs`)
  const unfinished = `${path}.${process.pid}`
  await mkdir(folder, { recursive: true })
  await writeFile(unfinished, outputFiles[0]!.contents)
  // Another test process may run the same program meanwhile, so a finished file takes the place of the old one.
  await rename(unfinished, path)
  return path
}
