/**
 * Guards that had a request before it came to this application: of a handler around it, or of the application that mounts it.
 *
 * `mount` makes a request of its own, without the beginning of the path. What it hands on besides is the same as before, and there the
 * guard of the outer application has left its context. Node and Deno hand out something for each request, Workers an execution context.
 */
import { contextBehind, type RequestContext } from '@sluice/http'
import { contextOn, leaveOn } from '@sluice/http/fetch'
import type { Context } from 'hono'
import { lifetimeOf } from './ending.ts'

const contextKey: unique symbol = Symbol('sluice.context')

/** What comes with a request, and is handed on with it. */
interface HandedOn {
  /** The context of the innermost application, unless one that it mounts has taken it. */
  [contextKey]?: Context | undefined
}

/** What came with a request; `undefined` where the runtime has nothing for this request alone. */
export function handedOn(c: Context): HandedOn | undefined {
  const env = c.env as (HandedOn & { incoming?: HandedOn; remoteAddr?: object; requestIP?: unknown }) | undefined
  if (env?.incoming !== undefined) return env.incoming
  if (env?.remoteAddr !== undefined) return env
  // Bun hands its server to every request.
  return env?.requestIP === undefined ? (lifetimeOf(c) as HandedOn | undefined) : undefined
}

/** The context that a guard of this application joins, if any. */
export function earlierContext(c: Context, handed: HandedOn | undefined): RequestContext<Context> | undefined {
  return contextOn<Context>(c.req.raw) ?? contextBehind<Context>(mountedIn(c, handed)?.get('sluice'))
}

/** Lets guards of applications further in join. */
export function leaveContext(c: Context, handed: HandedOn | undefined, context: RequestContext<Context>): void {
  leaveOn(c.req.raw, context)
  if (handed !== undefined && Object.isExtensible(handed)) handed[contextKey] = c
}

/** What is asked with the same things later is a request of its own. */
export function forgetContext(c: Context, handed: HandedOn | undefined): void {
  leaveOn(c.req.raw, undefined)
  if (handed?.[contextKey] === c) handed[contextKey] = undefined
}

/**
 * The context that mounts this one. With what they were handed, applications also ask themselves, such as for each part of a batch: these
 * are requests of their own. One that is mounted asks for the rest of the path, and comes once.
 */
function mountedIn(c: Context, handed: HandedOn | undefined): Context | undefined {
  const outer = handed?.[contextKey]
  if (outer === undefined || outer.req.method !== c.req.method || !isRest(c.req.path, outer.req.path)) return undefined
  handed![contextKey] = undefined
  return outer
}

function isRest(path: string, whole: string): boolean {
  return path.length < whole.length && (path === '/' || whole.endsWith(path))
}
