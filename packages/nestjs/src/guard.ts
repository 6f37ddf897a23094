/** The guard of NestJS: it asks the guard of `@sluice/http`, and throws what is refused. */
import { type BeforeApplicationShutdown, type CanActivate, type ExecutionContext, Inject, type OnModuleInit } from '@nestjs/common'
import type { DiscoveryService, MetadataScanner } from '@nestjs/core'
import type { Admin, MaybePromise } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import {
  contextBehind,
  createGuard,
  faultAnswer,
  type Guard,
  type Refusal,
  type RequestContext,
  type Route,
  showsQuota,
  whenEnded,
} from '@sluice/http'
import { ownOptionsOf } from './decorators.ts'
import type { NestCall, NestRequest, NestSluice } from './options.ts'
import { type Head, headOf, nestAdapter, usualCall } from './reading.ts'
import { RefusedException } from './refused.ts'

/** A controller or a resolver. */
interface HandlerClass {
  readonly name: string
}

/** What decides calls of handlers: one for the application, however many guards NestJS makes of one class. */
export class CallDecider implements OnModuleInit, BeforeApplicationShutdown {
  readonly #guard: Guard<NestRequest>
  readonly #requestOf: (context: ExecutionContext) => NestCall | null
  readonly #discovery: DiscoveryService
  readonly #scanner: MetadataScanner
  readonly #ofClasses = new WeakMap<object, Route<NestRequest>>()
  /** A handler that a controller inherits has a route for each of the controllers. */
  readonly #ofHandlers = new WeakMap<object, WeakMap<object, Route<NestRequest>>>()

  /** @throws SluiceError for every wrong option */
  constructor({ global: _, ...options }: NestSluice, discovery: DiscoveryService, scanner: MetadataScanner) {
    this.#guard = createGuard<NestRequest>(options, nestAdapter())
    this.#requestOf = options.requestOf ?? usualCall
    this.#discovery = discovery
    this.#scanner = scanner
  }

  get admin(): Admin {
    return this.#guard.admin
  }

  /** Compiles what decorators say, so that a wrong limit ends the start and not the first request. */
  onModuleInit(): void {
    for (const { instance, metatype } of [...this.#discovery.getControllers(), ...this.#discovery.getProviders()]) {
      if (typeof instance !== 'object' || instance === null || typeof metatype !== 'function') continue
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown> | null
      const handlers = this.#scanner.getAllMethodNames(prototype).map((name) => prototype?.[name])
      const decorated = handlers.filter((handler) => typeof handler === 'function' && ownOptionsOf(handler) !== undefined)
      if (ownOptionsOf(metatype) !== undefined) this.#routeOfClass(metatype)
      for (const handler of decorated) this.#routeOf(metatype, handler as HandlerClass)
    }
  }

  /** Lets `quota({ guard })` find the limits of the module behind a guard of NestJS. */
  showsQuota(guard: object): void {
    showsQuota(guard, this.#guard, this.#guard.root.plan)
  }

  /** No request that is slowed down holds up the end of the application. */
  beforeApplicationShutdown(): void {
    this.#guard.endDelays()
  }

  /** @throws RefusedException where a limit refuses, and where the guard itself has failed */
  decide(context: ExecutionContext): MaybePromise<boolean> {
    const guard = this.#guard
    const call = this.#requestOf(context)
    if (call === null) return true
    const head = call.response === undefined ? undefined : headOf(call.response)
    let request: RequestContext<NestRequest>
    let refusal: MaybePromise<Refusal | null>
    try {
      const route = this.#routeOf(context.getClass(), context.getHandler())
      request = this.#open(call, head, context.getType() === 'http')
      refusal = guard.decide(request, route.plan, route.late)
    } catch (error) {
      throw failed(guard, error, head)
    }
    if (!isPromise(refusal)) return proceed(guard, request, refusal, head)
    return refusal.then(
      (late) => proceed(guard, request, late, head),
      (error: unknown) => {
        throw failed(guard, error, head)
      },
    )
  }

  /** Over HTTP all guards of a request share one bill. In GraphQL each field of a query is charged, or a client could ask for a hundred as one. */
  #open({ request }: NestCall, head: Head | undefined, isHttp: boolean): RequestContext<NestRequest> {
    const known = request as { sluice?: unknown }
    const watch = head && ((finish: Parameters<typeof whenEnded>[2]) => whenEnded(head.node, (name) => head.get(name), finish))
    const context = this.#guard.open(request, watch, isHttp ? contextBehind<NestRequest>(known.sluice) : undefined)
    known.sluice ??= context.sluice
    return context
  }

  #routeOfClass(owner: HandlerClass): Route<NestRequest> {
    const known = this.#ofClasses.get(owner)
    if (known !== undefined) return known
    const own = ownOptionsOf(owner)
    const route = own === undefined ? this.#guard.root : this.#guard.route(this.#guard.root.plan, own, owner.name)
    this.#ofClasses.set(owner, route)
    return route
  }

  #routeOf(owner: HandlerClass, handler: HandlerClass): Route<NestRequest> {
    const routes = this.#ofHandlers.get(handler) ?? new WeakMap<object, Route<NestRequest>>()
    this.#ofHandlers.set(handler, routes)
    const known = routes.get(owner)
    if (known !== undefined) return known
    const [outer, own] = [this.#routeOfClass(owner), ownOptionsOf(handler)]
    const route = own === undefined ? outer : this.#guard.route(outer.plan, own, `${owner.name}.${handler.name}`)
    routes.set(owner, route)
    return route
  }
}

function proceed(guard: Guard<NestRequest>, context: RequestContext<NestRequest>, refusal: Refusal | null, head: Head | undefined): true {
  const writable = head === undefined || head.isSent ? undefined : head
  if (refusal === null) {
    for (const [name, value] of guard.quota(context)) writable?.set(name, value)
    return true
  }
  for (const name of refusal.withdrawn) writable?.remove(name)
  // A filter of the application may answer in place of ours, and its answer would then ask again by itself.
  for (const [name, value] of refusal.headers) if (name !== 'Refresh') writable?.set(name, value)
  throw new RefusedException(refusal.refused, refusal.body, refusal.status)
}

function failed(guard: Guard<NestRequest>, error: unknown, head: Head | undefined): RefusedException {
  const fault = guard.faultOf(error)
  const { status, headers, body } = faultAnswer(fault)
  if (head?.isSent === false) for (const [name, value] of headers) head.set(name, value)
  return new RefusedException(null, body, status, fault)
}

/**
 * Guards calls of handlers. `SluiceModule` applies it to every handler unless `global` is `false`.
 * @example
 * ```ts
 * @UseGuards(AuthGuard, SluiceGuard)
 * @Controller('orders')
 * class Orders {}
 * ```
 */
export class SluiceGuard implements CanActivate {
  readonly #decider: CallDecider

  constructor(decider: CallDecider) {
    this.#decider = decider
    decider.showsQuota(this)
  }

  /** Operators' verbs: `app.get(SluiceGuard).admin` inspects, resets, blocks and observes. */
  get admin(): Admin {
    return this.#decider.admin
  }

  /** @throws RefusedException where a limit refuses, and where the guard itself has failed */
  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return this.#decider.decide(context)
  }
}

// A decorator as a function: what is published runs as it is written.
Inject(CallDecider)(SluiceGuard, undefined, 0)
