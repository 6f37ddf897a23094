/** A workerd configuration whose one service is a test that throttles with the packed packages. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** A date on which workers had weak references already, which the core needs, and nothing of Node yet, which it may not come to need. */
const beforeNode = '2025-05-05'

const programs = ['throttle.worker.mjs', 'throttling.mjs', 'serving.mjs']
const specifiers = ['@sluice/core', '@sluice/core/internal', '@sluice/http', '@sluice/http/fetch', '@sluice/hono', 'hono', 'hono/route']

/**
 * Writes the configuration into the consumer's folder and returns its file.
 *
 * workerd looks up no packages. Every module is listed, and a bare specifier is a path from the folder of its importer. So the path of each
 * module starts with the name of its package. Each folder with importers also has a module named as the specifier, which re-exports the
 * real one.
 */
export function writeWorkerdConfig(folder: string): string {
  const built = [...new Set(specifiers.map(packageOf))].flatMap((name) => builtFiles(folder, name))
  const importers = new Set(['', ...built.filter((path) => path.startsWith('@sluice/')).map((path) => `${posix.dirname(path)}/`)])
  const modules = [
    ...programs.map((file) => `(name = "${file}", esModule = embed "${file}")`),
    ...built.map((path) => `(name = "${path}", esModule = embed "node_modules/${path}")`),
    ...[...importers].flatMap((importer) => specifiers.map((specifier) => handingOn(importer + specifier, entryOf(folder, specifier)))),
  ]
  const file = join(folder, 'workerd.capnp')
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const throttles :Workerd.Config = (services = [(name = "test", worker = .worker)]);
const worker :Workerd.Worker = (compatibilityDate = "${beforeNode}", modules = [
  ${modules.join(',\n  ')}
]);
`,
  )
  return file
}

function handingOn(name: string, entry: string): string {
  return `(name = "${name}", esModule = "export * from './${posix.relative(posix.dirname(name), entry)}'")`
}

/** `@sluice/http/fetch` is of `@sluice/http`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** The path of the module that a specifier means. */
function entryOf(folder: string, specifier: string): string {
  const name = packageOf(specifier)
  const { exports } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly import?: string | { readonly default: string } }>>
  }
  const module = exports[`.${specifier.slice(name.length)}`]?.import
  const target = typeof module === 'object' ? module.default : module
  if (target === undefined) throw new Error(`${specifier} is no entry of ${name}`)
  return posix.join(name, target)
}

/** The modules of a package as they run: without what tests of adapters need, and without a second copy for `require`. */
function builtFiles(folder: string, name: string): readonly string[] {
  const dist = join(folder, 'node_modules', name, 'dist')
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.js') && !/^(cjs|testing)\//.test(file))
    .map((file) => `${name}/dist/${file}`)
}
