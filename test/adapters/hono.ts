/** Hono under test, on Node. */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { AdapterUnderTest, SectionOfSite, SiteRoute } from '@sluice/conformance/adapter'
import { bind, type HonoGuard, sluice } from '@sluice/hono'
import type { Bind } from '@sluice/http'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { listen } from './answer.ts'
import { standsApart } from './matching.ts'
import { hijacked, responseOf } from './web-answer.ts'

export const hono: AdapterUnderTest = {
  start({ guard: options, onRefused, logRefused, onError, corsExposes, corsBehind, socketPath, ...section }) {
    // As the other frameworks, a path means the same with a slash behind it.
    const app = new Hono({ strict: false })
    if (corsExposes !== undefined) app.use(cors({ origin: '*', exposeHeaders: [...corsExposes] }))
    const guard = sluice({
      ...options,
      connInfo: getConnInfo,
      onRefused: logRefused
        ? (_c, refused) => logRefused(refused)
        : onRefused &&
          (async (_c, refused, next) => {
            const answer = await onRefused(refused)
            return answer === 'next' ? next() : answer && responseOf(answer)
          }),
    })
    declareApart(app, guard, section, '')
    app.use(guard)
    if (corsBehind === true) app.use(cors())
    declare(app, guard, section)
    if (onError !== undefined) app.onError((error) => responseOf(onError(error)))
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server, socketPath, guard.admin)
  },
  bind: bind as Bind<unknown>,
  fieldsOnRaw: false,
  bodyOf: (c) => bodyOf(c as Context),
}

/** What a guard of the application must not see stands before it. */
function declareApart(app: Hono, guard: HonoGuard, { routes = [], sections = [] }: SectionOfSite, prefix: string): void {
  for (const route of routes.filter(standsApart)) declareRoute(app, guard, { ...route, path: prefix + route.path })
  for (const section of sections) declareApart(app, guard.with(section.guard), section, prefix + section.prefix)
}

function declare(app: Hono, guard: HonoGuard, { routes = [], sections = [] }: SectionOfSite): void {
  for (const route of routes) if (!standsApart(route)) declareRoute(app, guard, route)
  for (const section of sections) {
    const inner = guard.with(section.guard)
    const child = new Hono().use(inner)
    declare(child, inner, section)
    app.route(section.prefix, child)
  }
}

function declareRoute(app: Hono, guard: HonoGuard, { method = 'GET', path, sluice: own, handle }: SiteRoute): void {
  const handler = async (c: Context): Promise<Response> => {
    const answer = (await handle?.({ sluice: c.var.sluice, body: await bodyOf(c) })) ?? {}
    return answer.hijack === true || answer.raw === true ? hijacked(c.env.outgoing, answer) : responseOf(answer)
  }
  // A route that says `false` has no limits; the lists of the guard still hold.
  const guards = own === undefined ? [] : [guard.with(own === false ? { inherit: false } : own)]
  app.on(method, [path], ...guards, handler)
}

function bodyOf(c: Context): Promise<unknown> {
  return c.req.header('content-type') === 'application/json' ? c.req.json() : Promise.resolve(undefined)
}
