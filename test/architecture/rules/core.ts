/** The core runs everywhere: it needs no package and no Node, and asks nothing of the world while it loads. */
import { type Files, manifestsOf, sourcesOf } from '../files.ts'
import { parseModule } from '../module.ts'

/** What answers from outside: timers, I/O and clocks. Some runtimes refuse them, or answer 0, before the first request. */
const world = new Set([
  'Bun',
  'Date',
  'Deno',
  'WebSocket',
  'Worker',
  'XMLHttpRequest',
  'await',
  'console',
  'fetch',
  'import()',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
])

export function tiesOfTheCore(files: Files): readonly string[] {
  const { dependencies, peerDependencies } = manifestsOf(files).core ?? {}
  const faults = Object.keys({ ...dependencies, ...peerDependencies }).map((name) => `packages/core/package.json depends on ${name}`)
  for (const { path, home, text, isTest } of sourcesOf(files)) {
    if (home !== 'core' || isTest) continue
    const { imports, touchedAtLoad } = parseModule(path, text)
    for (const specifier of imports) if (!specifier.startsWith('.')) faults.push(`${path} imports ${specifier}`)
    for (const name of touchedAtLoad) if (world.has(name)) faults.push(`${path} touches ${name} while it loads`)
  }
  return faults
}
