/** Handlers of the web standard under test: guarded without a framework, on Node. */
import type { Server, ServerResponse } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { AdapterUnderTest, Answer, SectionOfSite, SiteRoute } from '@sluice/conformance/adapter'
import { andThen } from '@sluice/core/internal'
import { bind } from '@sluice/http'
import { type FetchGuard, type FetchHandler, guardFetch } from '@sluice/http/fetch'
import { listen } from './answer.ts'
import { answers, standsApart } from './matching.ts'
import { hijacked, responseOf } from './web-answer.ts'

/** What the server hands over beside the request. */
interface Connection {
  readonly incoming: { readonly socket: { readonly remoteAddress?: string | undefined } }
  readonly outgoing: ServerResponse
}

type Guard = FetchGuard<Request, [Connection]>
type Handler = FetchHandler<Request, [Connection]>
type Handle = (request: Request, connection: Connection) => Promise<Response>

export const fetchHandler: AdapterUnderTest = {
  start({ guard: options, onRefused, logRefused, corsExposes, corsBehind, socketPath, ...section }) {
    const guard: Guard = guardFetch<Request, [Connection]>(
      {
        ...options,
        remoteAddress: (_request, { incoming }) => incoming.socket.remoteAddress,
        onRefused: logRefused
          ? (_request, refused) => logRefused(refused)
          : onRefused &&
            ((_request, refused) =>
              andThen(onRefused(refused), (answer) => (answer === undefined ? undefined : responseOf(answer as Answer)))),
      },
      (request) => (corsBehind === true && request.method === 'OPTIONS' ? preflight(request, []) : nothing()),
    )
    const routes = routesOf(section, guard, (handler) => guard.with({}, handler), '')
    const answer: Handle = async (request, connection) => {
      if (corsExposes !== undefined && request.method === 'OPTIONS') return preflight(request, corsExposes)
      const wanted = { method: request.method, path: new URL(request.url).pathname }
      const { handle } = routes.find(({ route }) => answers(route, wanted)) ?? { handle: guard }
      const response = await handle(request, connection).catch(() => new Response('Internal Server Error', { status: 500 }))
      if (corsExposes !== undefined) expose(response, corsExposes)
      return response
    }
    return listen(createAdaptorServer({ fetch: answer as never }) as Server, socketPath, guard.admin)
  },
  routeless: true,
  corsIsHandler: true,
  answersFaults: true,
  handsOn: false,
  fieldsOnRaw: false,
  bind,
  bodyOf: (request) => bodyOf(request as Request),
}

/** Every route with the guards on the way to it. @param behind - puts a handler behind those around the section */
function routesOf({ routes = [], sections = [] }: SectionOfSite, guard: Guard, behind: (handler: Handler) => Handle, prefix: string) {
  const own = routes.map((route) => ({ route: { ...route, path: prefix + route.path }, handle: handleOf(route, guard, behind) }))
  const inner = sections.flatMap((section): typeof own => {
    const behindBoth = (handler: Handler): Handle => behind(handlerOf(guard.with(section.guard, handler)))
    return routesOf(section, guard.with(section.guard, nothing), behindBoth, prefix + section.prefix)
  })
  return [...own, ...inner]
}

function handleOf(route: SiteRoute, guard: Guard, behind: (handler: Handler) => Handle): Handle {
  const { sluice: own, handle } = route
  const handler: Handler = async (request, sluice, connection) => {
    const answer = (await handle?.({ sluice, body: await bodyOf(request) })) ?? {}
    return answer.hijack === true || answer.raw === true ? hijacked(connection.outgoing, answer) : responseOf(answer)
  }
  if (own === undefined) return behind(handler)
  // A route that says `false` has no limits; the lists of the guard still hold.
  const guarded = guard.with(own === false ? { inherit: false } : own, handler)
  return standsApart(route) ? guarded : behind(handlerOf(guarded))
}

/** A guarded handler as the handler of a guard around it. */
function handlerOf(handle: Handle): Handler {
  return (request, _sluice, connection) => handle(request, connection)
}

function nothing(): Response {
  return new Response('Not Found', { status: 404 })
}

const bodies = new WeakMap<Request, Promise<unknown>>()

/** A body is read once, and asked for by limits and by handlers. */
function bodyOf(request: Request): Promise<unknown> {
  const body = bodies.get(request) ?? (request.method === 'POST' ? request.json() : Promise.resolve(undefined))
  bodies.set(request, body)
  return body
}

function expose({ headers }: Response, exposes: readonly string[]): void {
  headers.set('Access-Control-Allow-Origin', '*')
  headers.set('Access-Control-Expose-Headers', exposes.join(','))
}

function preflight(request: Request, exposes: readonly string[]): Response {
  const wanted = request.headers.get('access-control-request-headers') ?? ''
  const response = new Response(null, {
    status: 204,
    headers: { 'access-control-allow-methods': 'GET,HEAD,POST', 'access-control-allow-headers': wanted },
  })
  expose(response, exposes)
  return response
}
