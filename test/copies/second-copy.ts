/** A second copy of the packages in this process, bundled as CommonJS is: what a process has that loads both the ESM and the CommonJS. */
import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'
import { build } from 'esbuild'
import { root } from '../../scripts/packages.ts'

const entry = `
export * from './packages/core/src/index.ts'
export { guardFetch } from './packages/http/src/fetch/index.ts'
export { bind, failuresOnly, stepOf } from './packages/http/src/index.ts'
`

/** What applications import of the core and of `@sluice/http`. */
export type Copy = typeof import('@sluice/core') &
  Pick<typeof import('@sluice/http'), 'bind' | 'failuresOnly' | 'stepOf'> &
  Pick<typeof import('@sluice/http/fetch'), 'guardFetch'>

export async function secondCopy(): Promise<Copy> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root },
    absWorkingDir: root,
    conditions: ['@sluice/source'],
    bundle: true,
    // Names and texts of functions differ, as they do between the two builds.
    minify: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  })
  const module = { exports: {} }
  const load = runInThisContext(`(function (module, exports, require) {${outputFiles[0]?.text}\n})`) as (...args: unknown[]) => void
  load(module, module.exports, createRequire(import.meta.url))
  return module.exports as Copy
}
