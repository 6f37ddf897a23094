/** Servers of `node:http` under test: the middleware without a framework. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AdapterUnderTest, SectionOfSite, SiteRoute } from '@sluice/conformance/adapter'
import { andThen } from '@sluice/core/internal'
import { answerFault, bind, type GuardedRequest, type NodeGuard, nodeSluice } from '@sluice/express'
import { listen, write } from './answer.ts'
import { answers, standsApart } from './matching.ts'

const bodies = new WeakMap<object, unknown>()

export const node: AdapterUnderTest = {
  start({ guard: options, onRefused, logRefused, onError, corsExposes, corsBehind, socketPath, ...section }) {
    const guard = nodeSluice({
      ...options,
      onRefused: logRefused
        ? (_request, _response, refused) => logRefused(refused)
        : onRefused &&
          ((_request, response, refused, next) =>
            andThen(onRefused(refused), (answer) => (answer === 'next' ? next() : answer && write(response, answer)))),
    })
    const chains = chainsOf(section, guard)
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const wanted = { method: request.method!, path: new URL(request.url!, 'http://localhost').pathname }
      const chain = chains.find((one) => answers(one, wanted))
      for (const one of chain?.guards ?? [guard]) await pass(one, request, response)
      if (corsBehind === true && answersCors(request, response, [])) return
      bodies.set(request, request.method === 'POST' ? JSON.parse(await text(request)) : undefined)
      for (const one of chain?.late ?? []) await pass(one, request, response)
      const visit = { sluice: (request as GuardedRequest).sluice, body: bodies.get(request) }
      write(response, chain === undefined ? { status: 404 } : ((await chain.handle?.(visit)) ?? {}), request.method !== 'HEAD')
    }
    const server = createServer((request, response) => {
      if (corsExposes !== undefined && answersCors(request, response, corsExposes)) return
      answer(request, response).catch((error: Error) => {
        if (response.headersSent) return
        const cause = error.cause ?? error
        if (onError === undefined) answerFault(request, response, cause)
        else write(response, onError(cause))
      })
    })
    return listen(server, socketPath, guard.admin)
  },
  routeless: true,
  stagesBeforeBody: 2,
  bind,
  bodyOf: (request) => bodies.get(request as object),
}

/** A route with the guards on the way to it, and those that see the body. */
interface Chain extends SiteRoute {
  readonly guards: readonly NodeGuard[]
  readonly late: readonly NodeGuard[]
}

function chainsOf(
  { routes = [], sections = [] }: SectionOfSite,
  guard: NodeGuard,
  outer: readonly NodeGuard[] = [guard],
  prefix = '',
): Chain[] {
  const own = routes.map((route) => {
    // A route that says `false` has no limits; the lists of the guard still hold.
    const late = route.sluice === undefined ? [] : [guard.with(route.sluice === false ? { inherit: false } : route.sluice)]
    return { ...route, path: prefix + route.path, guards: standsApart(route) ? [] : outer, late }
  })
  const inner = sections.flatMap((section) => {
    const both = guard.with(section.guard)
    return chainsOf(section, both, [...outer, both], prefix + section.prefix)
  })
  return [...own, ...inner]
}

/** Waits for a guard to let the request through. A refused one waits for ever, as its chain does. */
function pass(guard: NodeGuard, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) =>
    guard(request, response, (cause) => (cause === undefined ? resolve() : reject(new Error('the guard failed', { cause })))),
  )
}

function answersCors(request: IncomingMessage, response: ServerResponse, exposes: readonly string[]): boolean {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Access-Control-Expose-Headers', exposes.join(','))
  if (request.method !== 'OPTIONS') return false
  const wanted = request.headers['access-control-request-headers'] ?? ''
  write(response, {
    status: 204,
    headers: { 'access-control-allow-methods': 'GET,HEAD,POST', 'access-control-allow-headers': wanted },
    body: '',
  })
  return true
}
