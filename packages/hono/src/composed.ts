/**
 * Guards within `every`, `some` and `except` of `hono/combine`. An error of the middleware behind the guard passes through it, and the
 * application answers further out: by its `onError`, or by the next middleware of `some`.
 */
import type { Guard, RequestContext } from '@sluice/http'
import { withHeaders } from '@sluice/http/fetch'
import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import { type Ending, replaceResponse } from './ending.ts'

/** How long an `onError` may take until the request is settled as failed, in milliseconds. */
const patienceMs = 5000

/**
 * Waits for the response that the application gives to an error, which then gets the quota headers and is told to `settle`. Hono sets it
 * on the context, except where the composed middleware is all that matches the path: then the status of the error is told.
 */
export function answerLater<C extends Context>(c: C, error: unknown, ending: Ending, guard: Guard<C>, context: RequestContext<C>): void {
  for (const [name, value] of guard.quota(context)) c.header(name, value)
  if (!(error instanceof Error) || matchedRoutes(c).length < 2) {
    ending.fail((error as { readonly status?: number } | undefined)?.status)
    return
  }
  const timer = ending.isWatched() ? setTimeout(() => answered(() => ending.fail()), patienceMs) : undefined
  // Browsers and workers have numbers for timers.
  ;(timer as { unref?(): void } | undefined)?.unref?.()
  const answered = (then: () => void): void => {
    clearTimeout(timer)
    // The accessor of the prototype is back.
    delete (c as { res?: Response }).res
    then()
  }
  const { get, set } = accessorOf(c)
  Object.defineProperty(c, 'res', {
    configurable: true,
    get: () => get.call(c),
    set(response: Response | undefined) {
      answered(() => {
        set.call(c, response)
        replaceResponse(c, withHeaders(c.res, guard.quota(context)))
        ending.respond()
      })
    },
  })
}

/** The accessor `res` of the class of contexts. */
function accessorOf(c: Context): { get(): Response; set(response: Response | undefined): void } {
  for (let at: object = c; ; at = Object.getPrototypeOf(at) as object) {
    const found = Object.getOwnPropertyDescriptor(at, 'res')
    if (found?.set !== undefined) return found as never
  }
}
