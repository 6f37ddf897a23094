/** The controller that a handler is given before its request is sent, so that it can abort while it waits for a permit. */
import type { Dispatcher } from 'undici'

/** A controller that passes everything on to the controller of the present attempt. */
export interface WaitingController extends Dispatcher.DispatchController {
  readonly signal: AbortSignal
  /** The next attempt has begun; `undefined` between attempts. */
  attach(controller: Dispatcher.DispatchController | undefined): void
}

export function waitingController(): WaitingController {
  const abortion = new AbortController()
  let target: Dispatcher.DispatchController | undefined
  let paused = false

  return {
    signal: abortion.signal,
    attach(controller) {
      target = controller
      if (abortion.signal.aborted) controller?.abort(abortion.signal.reason as Error)
      else if (paused) controller?.pause()
    },
    get aborted() {
      return abortion.signal.aborted
    },
    get reason() {
      return abortion.signal.aborted ? (abortion.signal.reason as Error) : null
    },
    get paused() {
      return paused
    },
    get rawHeaders() {
      return target?.rawHeaders ?? null
    },
    get rawTrailers() {
      return target?.rawTrailers ?? null
    },
    abort(reason) {
      if (abortion.signal.aborted) return
      abortion.abort(reason)
      target?.abort(reason)
    },
    pause() {
      paused = true
      target?.pause()
    },
    resume() {
      paused = false
      target?.resume()
    },
  }
}
