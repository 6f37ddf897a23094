/** When the response to a context has ended: Node says it of its response, other runtimes by how far they read the body. */
import { type NodeSocket, type ResponseFacts, upgradeFacts, type Watch, whenEnded } from '@sluice/http'
import { type Ended, finishWithin, type Lifetime, nodeBindings, whenAborted, whenSent } from '@sluice/http/fetch'
import type { Context } from 'hono'

/** Watches one response. */
export interface Ending {
  /** Starts watching, while the response is still being made. @param finish - called when it has ended */
  readonly watch: Watch
  /** Goes on with the response that was made. */
  respond(): void
  /** Nothing will be responded from here. @param status - of what is answered elsewhere; 500 by default */
  fail(status?: number): void
  /** Whether the end is watched and comes from here, since the runtime does not tell it. */
  isWatched(): boolean
}

/** The ending of a context; it costs nothing before somebody watches. */
export function endingOf(c: Context): Ending {
  let ended: Ended | undefined
  let upgrading: NodeSocket | undefined
  return {
    watch(finish) {
      const { incoming, outgoing } = nodeBindings(c.env)
      if (outgoing !== undefined) return whenEnded(outgoing, (name) => c.res.headers.get(name) ?? undefined, finish)
      ended = finishWithin(lifetimeOf(c), finish)
      upgrading = incoming?.socket
      if (upgrading === undefined) ended = whenAborted(c.req.raw, ended)
      else whenClosed(upgrading, () => ended?.(c.finalized && c.res.status < 400 ? upgradeFacts(incoming!.socket, -1) : factsOf(c)))
    },
    respond() {
      if (ended === undefined) return
      if (upgrading === undefined) replaceResponse(c, whenSent(c.res, c.req.method, ended))
      // One that nobody took has ended, however long its client stays.
      else if (c.res.status >= 400) ended(factsOf(c))
    },
    fail: (status = 500) => ended?.({ status, aborted: false, header: () => undefined }),
    isWatched: () => ended !== undefined,
  }
}

/** An upgrade goes on after its response, which is all that it says, until its connection closes. */
function whenClosed(socket: NodeSocket, closed: () => void): void {
  if (socket.destroyed) closed()
  else socket.once('close', closed)
}

function factsOf(c: Context): ResponseFacts {
  if (!c.finalized) return { status: 0, aborted: true, header: () => undefined }
  return { status: c.res.status, aborted: false, header: (name) => c.res.headers.get(name) ?? undefined }
}

/** Workers and service workers stop after a response, unless they are asked to wait. Hono throws where a runtime has no such thing. */
export function lifetimeOf(c: Context): Lifetime | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

/** Hono copies the headers of a response into the one that takes its place, over what that says itself. */
export function replaceResponse(c: Context, response: Response): void {
  if (response === c.res) return
  c.res = undefined
  c.res = response
}
