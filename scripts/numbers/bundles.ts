/** What a user's bundler makes of a few lines of code: its size, and the sources that it reads. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
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

/** The bytes of the browser module, minified and compressed as content delivery networks do. */
export async function browserBrotli(): Promise<number> {
  const { outputFiles } = await bundle(`export * from './packages/browser/src/index.ts'`, [], root)
  return brotliCompressSync(outputFiles[0]?.contents ?? '').length
}

/** A source file in a bundle: its bytes there, minified, and its lines without blanks and comments. */
export interface Source {
  readonly file: string
  readonly bytes: number
  readonly lines: number
}

/** The source files of the core that are bundled for one token bucket, the largest first. */
export async function coreSources(): Promise<readonly Source[]> {
  const { metafile } = await bundle(limiter, ['@sluice/source'])
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs).filter(([file]) => file !== '<stdin>'))
    .map(([file, { bytesInOutput }]) => ({
      file,
      bytes: bytesInOutput,
      lines: codeLines(parse(file, readFileSync(resolve(root, file), 'utf8'))),
    }))
    .sort((one, other) => other.bytes - one.bytes)
}

async function gzipped(code: string): Promise<number> {
  const { outputFiles } = await bundle(code, [])
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

/** @param resolveDir - whose packages the code sees; Hono's package sees all of the others */
function bundle(contents: string, conditions: string[], resolveDir = join(root, 'packages/hono')) {
  return build({
    absWorkingDir: root,
    stdin: { contents, resolveDir },
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
