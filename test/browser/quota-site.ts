/** A page that calls a limited API: what a test of `@sluice/browser` needs. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Clock, memoryStore, type Rule } from '@sluice/core'
import { nodeSluice } from '@sluice/express'
import { buildSync } from 'esbuild'

const bundle = buildSync({
  entryPoints: [fileURLToPath(new URL('../../packages/browser/src/index.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'sluice',
}).outputFiles[0]!.text

/** The page's clock, by hand, and its wall clock wrong by ten minutes. Before any other script. */
const clockByHand = `
  let now = 5000, id = 0
  const timers = new Map()
  const wall = Date.now
  Date.now = () => wall() + 600_000
  performance.now = () => now
  globalThis.setTimeout = (run, ms = 0, ...given) => (timers.set(++id, { at: now + Math.max(1, ms), run: () => run(...given) }), id)
  globalThis.clearTimeout = (timer) => void timers.delete(timer)
  globalThis.advance = (ms) => {
    const end = now + ms
    for (;;) {
      const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
      if (next === undefined) break
      timers.delete(next[0])
      now = Math.max(now, next[1].at)
      next[1].run()
    }
    now = end
  }`

export interface QuotaSite extends AsyncDisposable {
  readonly url: string
}

/** What the API and the page are. */
export interface SiteOptions {
  readonly rule: Rule
  /** The body of the page. */
  readonly html?: string
  readonly clock?: Clock & { advance(ms: number): void }
  /** Whether every response says how much is left, or only refusals say when to come back. @default true */
  readonly tells?: boolean
  /** The fields that scripts of another origin may read. @default none */
  readonly exposes?: string
  /** More of the page's script, which is bundled. @default none */
  readonly script?: string
}

/** Serves the page at `/`, the API at `/api` for each `x-user`, whose clock moves on by `?advance=` first. */
export async function serveQuotaSite({ rule, html = '', clock, tells = true, exposes, script = '' }: SiteOptions): Promise<QuotaSite> {
  const page = `<!doctype html><meta charset="utf-8"><script>${clock === undefined ? '' : clockByHand}</script>
    <script>${bundle}</script><body>${html}<script>${script}</script>`
  const guard = nodeSluice({
    store: memoryStore(clock === undefined ? {} : { clock }),
    headers: tells ? ['draft-11'] : [],
    limits: [{ name: 'user', by: (request: IncomingMessage) => String(request.headers['x-user'] ?? 'ann'), rule }],
  })
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    if (exposes !== undefined) response.setHeader('Access-Control-Allow-Origin', '*').setHeader('Access-Control-Expose-Headers', exposes)
    clock?.advance(Number(searchParams.get('advance')))
    if (pathname.startsWith('/api')) return void guard(request, response, () => response.end('ok'))
    return void response.setHeader('Content-Type', 'text/html').end(pathname === '/' ? page : '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await guard.admin.close()
    },
  }
}
