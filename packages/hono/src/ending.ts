/** When the response to a context has ended: Node says it of its response, other runtimes by how far they read the body. */
import { type NodeResponse, type Watch, whenEnded } from '@sluice/http'
import { type Ended, finishWithin, type Lifetime, whenAborted, whenSent } from '@sluice/http/fetch'
import type { Context } from 'hono'

/** Watches one response. */
export interface Ending {
  /** Starts watching, while the response is still being made. @param finish - called when it has ended */
  readonly watch: Watch
  /** Goes on with the response that was made. */
  respond(): void
  /** Nothing will be responded from here. */
  fail(): void
}

/** The ending of a context; it costs nothing before somebody watches. */
export function endingOf(c: Context): Ending {
  let onBody: Ended | undefined
  return {
    watch(finish) {
      const outgoing = nodeResponse(c)
      if (outgoing !== undefined) return whenEnded(outgoing, (name) => c.res.headers.get(name) ?? undefined, finish)
      onBody = finishWithin(lifetimeOf(c), finish)
      whenAborted(c.req.raw, onBody)
    },
    respond() {
      if (onBody !== undefined) replaceResponse(c, whenSent(c.res, c.req.method, onBody))
    },
    fail: () => onBody?.({ status: 500, aborted: false, header: () => undefined }),
  }
}

/** Workers and service workers stop after a response, unless they are asked to wait. Hono throws where a runtime has no such thing. */
function lifetimeOf(c: Context): Lifetime | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

/** What `@hono/node-server` hands over, except for upgrades, which have no response. */
function nodeResponse({ env }: Context): NodeResponse | undefined {
  return (env as { readonly outgoing?: NodeResponse } | undefined)?.outgoing
}

/** Hono copies the headers of a response into the one that takes its place, over what that says itself. */
export function replaceResponse(c: Context, response: Response): void {
  if (response === c.res) return
  c.res = undefined
  c.res = response
}
