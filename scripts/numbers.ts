/** `pnpm numbers`: how much there is to read, to bundle and to install, and what the bundle is made of. Every figure comes from the files, so that runs agree. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { answerHelp } from './help.ts'
import { browserBrotli, coreGzip, coreSources, honoGzip } from './numbers/bundles.ts'
import { fastifyInstalled } from './numbers/installed-size.ts'
import { longFunctions, mostLines } from './numbers/long-functions.ts'
import { pathOfARequest } from './numbers/path-of-a-request.ts'
import { root } from './packages.ts'

answerHelp('numbers')
// First, because it builds what is bundled next.
const installed = await fastifyInstalled()
const sources = await coreSources()
const long = await longFunctions()
const lua = statSync(join(root, 'packages/redis/src/wire/scripts.generated.ts')).size

print('what', 'now', 'wanted')
print('files bundled for createLimiter and tokenBucket', `${sources.length}`, '42')
print('lines of these files, without blanks and comments', count(sources.reduce((sum, { lines }) => sum + lines, 0)), '3,300')
print('files to read for consume() in memory, fast path', `${(await pathOfARequest()).length}`, '7')
print(`functions over ${mostLines} lines`, `${long.length}`, '0')
print('bundle of core with one token bucket, gzip', kilobytes(await coreGzip()), '16.5 kB')
print('bundle of Hono and core, gzip', kilobytes(await honoGzip()), '33.0 kB')
print('browser module, brotli', kilobytes(await browserBrotli()), '2.0 kB')
print('installed size of Fastify', kilobytes(installed.all), '500.0 kB')
print('  of which code', kilobytes(installed.code), '')
print('  of which CommonJS, for Jest and older tools', kilobytes(installed.commonJs), '')
print('  of which types without their documentation', kilobytes(installed.types - installed.documentation), '')
print('  of which documentation in the types', kilobytes(installed.documentation), '')
print('  of which suites for authors of stores and adapters', kilobytes(installed.testing), '0.0 kB')
print('generated Lua and its TypeScript', kilobytes(lua), 'fewer')

console.log(`\nfunctions over ${mostLines} lines:`)
for (const { at, name, lines } of long) console.log(`  ${String(lines).padStart(4)}  ${name}  ${at}`)

console.log('\nwhat the bundle of core is made of: bytes, minified, and lines')
for (const { file, bytes, lines } of sources) console.log(`  ${String(bytes).padStart(6)}${String(lines).padStart(6)}  ${file}`)

function print(what: string, now: string, wanted: string): void {
  console.log(`${what.padEnd(56)}${now.padStart(10)}${wanted.padStart(12)}`)
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
