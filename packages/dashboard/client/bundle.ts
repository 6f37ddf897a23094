/** Makes texts of the scripts of the pages. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

const oldestBrowsers = ['chrome111', 'firefox113', 'safari16.4']

function scriptOf(file: string): string {
  const entryPoints = [join(import.meta.dirname, file)]
  const { outputFiles } = buildSync({ entryPoints, bundle: true, minify: true, write: false, format: 'iife', target: oldestBrowsers })
  return outputFiles[0]!.text.trim()
}

/** What src/page/live.generated.ts holds. */
function quotaPageScript(): string {
  // It stands within an element, which such a text would end.
  const script = scriptOf('live.ts').replaceAll('</', '<\\/')
  return `/** The script of the quota page. Generated from client/live.ts by client/generate.ts: do not edit. */\nexport const liveScript: string = ${JSON.stringify(script)}\n`
}

/** What src/operators/script.generated.ts holds: the page loads it by its hash, so that browsers keep it. */
function operatorsPageScript(): string {
  const uplot = createRequire(import.meta.url)
  const { version } = JSON.parse(readFileSync(uplot.resolve('uplot/package.json'), 'utf8')) as { readonly version: string }
  const text = `/*! With uPlot ${version}, Copyright (c) Leon Sorokin, MIT License: https://github.com/leeoniya/uPlot */\n${scriptOf('operators/operators.ts')}`
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const styles = readFileSync(uplot.resolve('uplot/dist/uPlot.min.css'), 'utf8').trim()
  return `/**
 * The script of the operators' page and the styles of its chart, with uPlot ${version} (MIT). Generated from client/operators by client/generate.ts: do
 * not edit.
 */
export const operatorsScript: { readonly hash: string; readonly text: string } = { hash: '${hash}', text: ${JSON.stringify(text)} }
export const chartStyles: string = ${JSON.stringify(`${styles}\n`)}
`
}

/** Texts by the generated file, from src on. */
export function bundled(): Readonly<Record<string, string>> {
  return { 'page/live.generated.ts': quotaPageScript(), 'operators/script.generated.ts': operatorsPageScript() }
}
