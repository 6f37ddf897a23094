/** What a user's bundler makes of a few lines of code: its size, and the sources that it reads. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from '../packages.ts'
import { codeLines, parse } from '../syntax.ts'

const limiter = `export { createLimiter, tokenBucket } from '@sluice/core'`

/** The bytes, minified and compressed by gzip, of the published core with one token bucket. */
export function coreGzip(): Promise<number> {
  return gzipped(limiter)
}

/** The same with Hono's guard. Hono itself is the user's and does not count. */
export function honoGzip(): Promise<number> {
  return gzipped(`${limiter}; export { sluice } from '@sluice/hono'`)
}

/** How many source files of the core are bundled for one token bucket, and their lines without blanks and comments. */
export async function coreSources(): Promise<{ readonly files: number; readonly lines: number }> {
  const { metafile } = await bundle(limiter, ['@sluice/source'])
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((file) => file !== '<stdin>'))
  const lines = files.map((file) => codeLines(parse(file, readFileSync(resolve(root, file), 'utf8'))))
  return { files: files.length, lines: lines.reduce((sum, count) => sum + count, 0) }
}

async function gzipped(code: string): Promise<number> {
  const { outputFiles } = await bundle(code, [])
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

function bundle(contents: string, conditions: string[]) {
  return build({
    absWorkingDir: root,
    // Hono's package sees all that is bundled here.
    stdin: { contents, resolveDir: join(root, 'packages/hono') },
    conditions,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', 'hono'],
    write: false,
    metafile: true,
  })
}
