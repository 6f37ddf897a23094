/** Express under test, in any of its versions. */
import { createServer } from 'node:http'
import type { AdapterUnderTest, SectionOfSite, SiteRoute } from '@sluice/conformance/adapter'
import { andThen } from '@sluice/core/internal'
import { bind, type ExpressGuard, sluice } from '@sluice/express'
import cors from 'cors'
import type express from 'express'
import type { ErrorRequestHandler, Request, RequestHandler, Router } from 'express'
import { listen, write } from './answer.ts'
import { standsApart } from './matching.ts'

export function expressUnderTest(framework: typeof express): AdapterUnderTest {
  return {
    start({ guard: options, onRefused, logRefused, onError, corsExposes, corsBehind, socketPath, ...section }) {
      const app = framework()
      if (corsExposes !== undefined) app.use(cors({ exposedHeaders: [...corsExposes] }))
      app.use(framework.json({ limit: '4mb' }))
      const guard = sluice({
        ...options,
        onRefused: logRefused
          ? (_request, _response, refused) => logRefused(refused)
          : onRefused &&
            ((_request, response, refused, next) =>
              andThen(onRefused(refused), (answer) => (answer === 'next' ? next() : answer && write(response, answer)))),
      })
      declareApart(app, guard, section, '')
      app.use(guard)
      if (corsBehind === true) app.use(cors())
      declare(app, guard, section, framework)
      const handleError: ErrorRequestHandler = (error, _request, response, _next) => write(response, onError!(error))
      if (onError !== undefined) app.use(handleError)
      return listen(createServer(app), socketPath, guard.admin)
    },
    stagesBeforeBody: 0,
    bind,
    bodyOf: (request) => (request as Request).body,
  }
}

/** What a guard of the application must not see stands before it. */
function declareApart(app: Router, guard: ExpressGuard, { routes = [], sections = [] }: SectionOfSite, prefix: string): void {
  for (const route of routes.filter(standsApart)) declareRoute(app, guard, { ...route, path: prefix + route.path })
  for (const section of sections) declareApart(app, guard.with(section.guard), section, prefix + section.prefix)
}

function declare(app: Router, guard: ExpressGuard, { routes = [], sections = [] }: SectionOfSite, framework: typeof express): void {
  for (const route of routes) if (!standsApart(route)) declareRoute(app, guard, route)
  for (const section of sections) {
    const router = framework.Router()
    const inner = guard.with(section.guard)
    router.use(inner)
    declare(router, inner, section, framework)
    app.use(section.prefix, router)
  }
}

function declareRoute(app: Router, guard: ExpressGuard, { method = 'GET', path, sluice: own, handle }: SiteRoute): void {
  // Version 4 does not wait for handlers.
  const handler: RequestHandler = (request, response, next) => {
    const answer = async (): Promise<void> => write(response, (await handle?.({ sluice: request.sluice, body: request.body })) ?? {})
    answer().catch(next)
  }
  // A route that says `false` has no limits; the lists of the guard still hold.
  const guards = own === undefined ? [] : [guard.with(own === false ? { inherit: false } : own)]
  const verb = method.toLowerCase() as 'get' | 'post' | 'options'
  app[verb](path, ...guards, handler)
}
