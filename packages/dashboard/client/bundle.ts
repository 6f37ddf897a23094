/** Makes one text of the script of the page. */
import { join } from 'node:path'
import { buildSync } from 'esbuild'

const oldestBrowsers = ['chrome111', 'firefox113', 'safari16.4']

/** The text of src/page/live.generated.ts. */
export function bundled(): string {
  const entryPoints = [join(import.meta.dirname, 'live.ts')]
  const { outputFiles } = buildSync({ entryPoints, bundle: true, minify: true, write: false, format: 'iife', target: oldestBrowsers })
  // It stands within an element, which such a text would end.
  const script = outputFiles[0]!.text.trim().replaceAll('</', '<\\/')
  return `/** The script of the quota page. Generated from client/live.ts by client/generate.ts: do not edit. */\nexport const liveScript: string = ${JSON.stringify(script)}\n`
}
