/** The middleware: it asks the guard, and writes its answer into the response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Admin, type MaybePromise, SluiceError } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import {
  checkCalled,
  contextBehind,
  createGuard,
  type Guard,
  type HeaderLine,
  type Refusal,
  type RequestContext,
  type RequestSluice,
  type Route,
  type RouteOptions,
  SLUICE_EARLY_HEAD,
  showsQuota,
  type Watch,
  whenEnded,
} from '@sluice/http'
import type { Request } from 'express'
import { prepareApplication, prepareResponse } from './arrive.ts'
import { handOn, orAnswer, type Reject } from './fault.ts'
import type { ExpressGuard, ExpressSluice, Middleware, Next, NodeGuard, NodeSluice } from './options.ts'
import { expressAdapter, nodeAdapter } from './reading.ts'
import { type OnRefused, refuse } from './refuse.ts'
import { type Upgrade, upgradeGuard } from './upgrade.ts'

/** Guards of one request share one ledger, whose context lies behind what handlers find. */
interface Guarded {
  sluice?: RequestSluice
}

/** Prepares the application or the response of a request before it is decided. */
type Arrive<R, S> = (request: R & Guarded, response: S) => void

interface Guarding<R, S> extends Middleware<R, S, Next> {
  readonly admin: Admin
  readonly upgrade: Upgrade<IncomingMessage>
  with(route: RouteOptions<R>): Guarding<R, S>
}

function guarding<R extends IncomingMessage, S extends ServerResponse>(
  guard: Guard<R>,
  route: Route<R>,
  onRefused: OnRefused<R, S> | undefined,
  reject: Reject<R>,
  arrive: Arrive<R, S>,
): Guarding<R, S> {
  function join(request: R & Guarded, response: S): RequestContext<R> {
    const watch: Watch = (finish) => whenEnded(response, (name) => headerText(response.getHeader(name)), finish)
    const context = guard.open(request, watch, contextBehind(request.sluice))
    request.sluice = context.sluice
    return context
  }

  const middleware: Middleware<R, S, Next> = (request, response, next) => {
    let context: RequestContext<R>
    let refusal: MaybePromise<Refusal | null>
    const fail = (error: unknown): void => reject(guard.faultOf(error), request, response, next)
    const isEarly = response.headersSent
    const proceed = (refused: Refusal | null): void => {
      if (refused !== null) {
        if (!response.headersSent) refuse({ request, response, next }, refused, { guard, onRefused, fail })
        // Otherwise another middleware has answered while the decision was in flight, such as one for time-outs.
        else if (isEarly && !response.writableEnded) fail(new SluiceError(SLUICE_EARLY_HEAD))
        return
      }
      if (!response.headersSent) for (const [name, value] of guard.quota(context)) response.setHeader(name, value)
      next()
    }
    try {
      arrive(request, response)
      context = join(request, response)
      refusal = guard.decide(context, route.plan, route.late)
    } catch (error) {
      fail(error)
      return
    }
    if (isPromise(refusal)) refusal.then(proceed, fail)
    else proceed(refusal)
  }
  const verbs = {
    admin: guard.admin,
    upgrade: upgradeGuard(guard, route) as Guarding<R, S>['upgrade'],
    with: (own: RouteOptions<R>) => guarding(guard, guard.route(route.plan, own, 'with'), onRefused, reject, arrive),
  }
  return showsQuota(Object.assign(middleware, verbs), guard, route.plan)
}

/** The quota fields of the request behind a response. */
function fieldsOf<R>(guard: Guard<R>): (response: ServerResponse) => readonly HeaderLine[] {
  return ({ req }) => {
    const context = contextBehind<R>((req as IncomingMessage & Guarded).sluice)
    return context === undefined ? noFields : guard.quota(context)
  }
}

const noFields: readonly HeaderLine[] = Object.freeze([])

function headerText(value: number | string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

/**
 * Throttling for Express 5 and 4.
 *
 * It guards what comes after it. `guard.with(route)` adds to it on a router or a route. Several guards on one request decide one after
 * the other, charge once, and write one set of headers.
 * @throws SluiceError for every wrong option, before traffic
 * @example
 * ```ts
 * const guard = sluice({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * app.use(guard)
 * app.get('/search', guard.with({ cost: 5 }), search)
 * ```
 */
export function sluice<R = Request>(options: ExpressSluice<R>): ExpressGuard<R>
export function sluice(options: ExpressSluice, ...others: readonly unknown[]): ExpressGuard {
  checkCalled(others, 'sluice', 'app.use(sluice(options))')
  const guard = createGuard(options, expressAdapter())
  return guarding(guard, guard.root, options.onRefused, orAnswer, prepareApplication(fieldsOf(guard)))
}

/**
 * Throttling for servers of `node:http`, and for frameworks with middleware like theirs.
 * @throws SluiceError for every wrong option, before traffic
 * @example
 * ```ts
 * const guard = nodeSluice({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * createServer((req, res) => guard(req, res, (error) => (error === undefined ? res.end('ok') : answerFault(req, res, error))))
 * ```
 */
export function nodeSluice(options: NodeSluice): NodeGuard
export function nodeSluice(options: NodeSluice, ...others: readonly unknown[]): NodeGuard {
  checkCalled(others, 'nodeSluice', 'const guard = nodeSluice(options)')
  const guard = createGuard(options, nodeAdapter)
  return guarding(guard, guard.root, options.onRefused, handOn, prepareResponse(fieldsOf(guard)))
}
