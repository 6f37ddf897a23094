/**
 * The log of the guide "Choosing limits from your own log": made up from a seed, the same each time. Run with `--write`, it writes
 * `packages/cli/example/access.log.gz`.
 */
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { seeded } from '../../bench/decide/keys.ts'

/** Where the packed log lies, and the policy beside it. */
export const exampleFolder: URL = new URL('../../packages/cli/example/', import.meta.url)

const startMs = Date.UTC(2026, 10, 30, 9)
const format = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' })

/** An hour of an API: 60 people who load pages of requests, a partner's steady job, and a script that runs wild for five minutes. */
export function exampleLog(): string {
  const random = seeded(20_261_130)
  const lines: (readonly [number, string])[] = []
  const add = (atMs: number, address: string, path: string): void => {
    if (atMs < 3_600_000)
      lines.push([
        atMs,
        `${address} - - [${timeOf(startMs + atMs)}] "GET ${path} HTTP/1.1" 200 ${200 + Math.floor(random() * 900)} "-" "-"`,
      ])
  }
  for (let person = 0; person < 60; person++) {
    for (let atMs = random() * 240_000; atMs < 3_600_000; atMs += 20_000 + random() * 200_000) {
      const page = Math.floor(random() * 500)
      const parts = 1 + Math.floor(random() * 8)
      for (let part = 0; part < parts; part++)
        add(atMs + part * 300, `192.0.2.${person + 1}`, part === 0 ? `/orders/${page}` : `/items/${page * 10 + part}`)
    }
  }
  for (let atMs = 0; atMs < 3_600_000; atMs += 5000) add(atMs, '198.51.100.7', '/exports?since=1')
  for (let atMs = 1_500_000; atMs < 1_800_000; atMs += 250 + random() * 500)
    add(atMs, '203.0.113.9', `/items/${Math.floor(random() * 5000)}`)
  return lines
    .sort(([a], [b]) => a - b)
    .map(([, line]) => `${line}\n`)
    .join('')
}

function timeOf(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(8, 10)}/${format.format(ms)}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
}

if (process.argv[1] === import.meta.filename && process.argv.includes('--write')) {
  writeFileSync(new URL('access.log.gz', exampleFolder), gzipSync(exampleLog(), { level: 9 }))
}
