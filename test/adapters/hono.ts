/** Hono under test, on Node. */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { bind, type HonoGuard, sluice } from '@sluice/hono'
import type { Bind } from '@sluice/http'
import type { AdapterUnderTest, Answer, SectionOfSite, SiteRoute } from '@sluice/http/testing'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { listen } from './answer.ts'

export const hono: AdapterUnderTest = {
  start({ guard: options, onRefused, corsExposes, socketPath, ...section }) {
    // As the other frameworks, a path means the same with a slash behind it.
    const app = new Hono({ strict: false })
    if (corsExposes !== undefined) app.use(cors({ origin: '*', exposeHeaders: [...corsExposes] }))
    const guard = sluice({
      ...options,
      connInfo: getConnInfo,
      onRefused: onRefused && ((_c, refused) => responseOf(onRefused(refused))),
    })
    declareApart(app, guard, section, '')
    app.use(guard)
    declare(app, guard, section)
    app.onError((_error, c) => c.text('Internal Server Error', 500))
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server, socketPath, guard.admin)
  },
  bind: bind as Bind<unknown>,
  bodyOf: (c) => bodyOf(c as Context),
}

/** What a guard of the application must not see stands before it. */
function declareApart(app: Hono, guard: HonoGuard, { routes = [], sections = [] }: SectionOfSite, prefix: string): void {
  for (const route of routes.filter(isApart)) declareRoute(app, guard, { ...route, path: prefix + route.path })
  for (const section of sections) declareApart(app, guard.with(section.guard), section, prefix + section.prefix)
}

function declare(app: Hono, guard: HonoGuard, { routes = [], sections = [] }: SectionOfSite): void {
  for (const route of routes) if (!isApart(route)) declareRoute(app, guard, route)
  for (const section of sections) {
    const inner = guard.with(section.guard)
    const child = new Hono().use(inner)
    declare(child, inner, section)
    app.route(section.prefix, child)
  }
}

function declareRoute(app: Hono, guard: HonoGuard, { method = 'GET', path, sluice: own, handle }: SiteRoute): void {
  const handler = async (c: Context): Promise<Response> =>
    responseOf((await handle?.({ sluice: c.var.sluice, body: await bodyOf(c) })) ?? {})
  app.on(method, [path], ...(own ? [guard.with(own)] : []), handler)
}

function isApart({ sluice: own }: SiteRoute): boolean {
  return own === false || own?.inherit === false
}

function bodyOf(c: Context): Promise<unknown> {
  return c.req.header('content-type') === 'application/json' ? c.req.json() : Promise.resolve(undefined)
}

/** A raw response, which is what headers find hardest to survive. */
function responseOf({ status = 200, headers = {}, body = 'ok' }: Answer): Response {
  const content = typeof body === 'string' ? body : ReadableStream.from(encoded(body))
  return new Response(content, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield new TextEncoder().encode(text)
}
