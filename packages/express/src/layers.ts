/** What Express keeps of an application's middleware and routes, in its versions 4 and 5: read, never changed. */
import type { Application } from 'express'

/** One entry of a router. */
export interface Layer {
  readonly handle: unknown
  readonly route?: RouteOfLayer | undefined
  /** The pattern, in Express 5. */
  readonly rawPath?: string | RegExp | readonly (string | RegExp)[] | undefined
  /** In Express 5: what a path matches, or false. */
  readonly matchers?: readonly ((path: string) => false | { readonly path: string })[] | undefined
  /** In Express 4, where the pattern itself is not kept. */
  readonly regexp?: (RegExp & { readonly fast_slash?: boolean | undefined; readonly fast_star?: boolean | undefined }) | undefined
  readonly keys?: readonly { readonly name: string | number }[] | undefined
}

/** A route, as `request.route` has it. */
export interface RouteOfLayer {
  readonly path: unknown
  readonly stack?: readonly Layer[] | undefined
}

interface Stacked {
  readonly stack?: readonly Layer[] | undefined
  readonly router?: Stacked | undefined
  readonly _router?: Stacked | undefined
}

/** The layers of an application or of a router; nothing for a function that is neither. */
export function layersOf(handle: unknown): readonly Layer[] {
  if (typeof handle !== 'function' && (typeof handle !== 'object' || handle === null)) return nothing
  const { stack, _router: router } = handle as Stacked
  if (Array.isArray(stack)) return stack as readonly Layer[]
  return router?.stack ?? stackOfApplication(handle as Stacked)
}

/** `app.router` throws in Express 4, and is made when it is first read in Express 5. */
function stackOfApplication(app: Stacked): readonly Layer[] {
  try {
    return app.router?.stack ?? nothing
  } catch {
    return nothing
  }
}

/** An application and those that mount it, innermost first. */
export function* applicationsAround(app: Application | undefined): Generator<Application> {
  for (let at = app; at !== undefined; at = (at as { readonly parent?: Application }).parent) yield at
}

const nothing: readonly Layer[] = Object.freeze([])
