/** The decorators of controllers and handlers. */
import type { RouteOptions } from '@sluice/http'
import type { NestLimit, NestRequest } from './options.ts'

/** What decorators add at one controller or one handler. */
export type OwnOptions = Pick<RouteOptions<NestRequest>, 'limits' | 'cost' | 'inherit'>

/** A decorator of controllers and of their handlers. */
export type LimitDecorator = ClassDecorator & MethodDecorator

const key = Symbol.for('sluice.nestjs.route')

/**
 * Limits in addition to the outer ones. A handler has those of the module, of its controller and its own.
 * @throws SluiceError for a wrong limit, when the application starts
 * @example
 * ```ts
 * @Limit({ name: 'reports', rule: tokenBucket({ capacity: 5, per: '1m' }) })
 * @Get('reports') list() {}
 * ```
 */
export function Limit(...limits: readonly NestLimit[]): LimitDecorator {
  return adding(({ limits: others = [], ...rest }) => ({ ...rest, limits: [...limits, ...others] }))
}

/**
 * Units of every limit without a cost of its own, units by limit name, or a function of the request for either. Whole, from 0; 1 without
 * a cost.
 * @throws SluiceError for a wrong cost, when the application starts
 * @example
 * ```ts
 * @Cost(5)
 * @Get('search') search() {}
 * ```
 */
export function Cost(cost: NonNullable<RouteOptions<NestRequest>['cost']>): LimitDecorator {
  return adding((own) => ({ ...own, cost }))
}

/**
 * No outer limit holds here. The deny list does, and so does a `@Limit` on the same controller or handler.
 * @example
 * ```ts
 * @SkipLimits()
 * @Get('health') health() {}
 * ```
 */
export function SkipLimits(): LimitDecorator {
  return adding((own) => ({ ...own, inherit: false }))
}

/** What decorators add at a controller or a handler. A controller inherits it from the class that it extends. */
export function ownOptionsOf(target: object): OwnOptions | undefined {
  return (target as { readonly [key]?: OwnOptions })[key]
}

function adding(add: (own: OwnOptions) => OwnOptions): LimitDecorator {
  return (target: object, _property?: string | symbol, descriptor?: { readonly value?: unknown }) => {
    const subject = (descriptor?.value ?? target) as object
    Object.defineProperty(subject, key, { value: add(ownOptionsOf(subject) ?? {}), configurable: true })
  }
}
