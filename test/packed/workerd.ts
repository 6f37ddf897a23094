/** A workerd configuration whose one service is a test that throttles with the packed core. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A date on which workers had weak references already, which the core needs, and nothing of Node yet, which it may not come to need. */
const beforeNode = '2025-05-05'

/**
 * Writes the configuration into the consumer's folder and returns its file.
 *
 * workerd looks up no packages: every module is listed, and a bare specifier is a path. So the core's modules carry paths that
 * start with its name, and a module of that very name hands on the index.
 */
export function writeWorkerdConfig(folder: string): string {
  const dist = join('node_modules', '@sluice', 'core', 'dist')
  const built = readdirSync(join(folder, dist), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
  const modules = [
    `(name = "throttle.worker.mjs", esModule = embed "throttle.worker.mjs")`,
    `(name = "throttling.mjs", esModule = embed "throttling.mjs")`,
    `(name = "@sluice/core", esModule = "export * from './core/dist/index.js'")`,
    ...built.map((file) => `(name = "@sluice/core/dist/${file}", esModule = embed "${join(dist, file)}")`),
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
