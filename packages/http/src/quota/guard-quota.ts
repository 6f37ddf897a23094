/** The quota of a caller by the limits of a guard. Their keys come from the request itself, such as from its address. */
import { type Admin, type CallOptions, type Decision, type MaybePromise, skip } from '@sluice/core'
import { isPromise, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { matchesAny } from '../address/cidr.ts'
import { SLUICE_SUBJECT, SluiceError } from '../errors.ts'
import { ownStageOf, type Plan } from '../guard/compile-route.ts'
import type { Guard } from '../guard/guard.ts'
import { type GuardParts, limitsBehind, partsOfGuard } from '../guard/limits-behind.ts'
import type { RequestContext } from '../guard/request-context.ts'
import type { Settings } from '../guard/settings.ts'
import { addressOf } from '../http-facts.ts'
import type { HttpLimit } from '../http-limit.ts'
import { isUnknown } from './quota-document.ts'
import type { QuotaParts } from './quota-parts.ts'
import type { QuotaOptions } from './quota-reader.ts'

/** The quota of callers by the limits of a guard, in place of a limiter and `identify`. */
export interface GuardQuotaOptions<R> extends QuotaParts<R> {
  /**
   * What `sluice` or its `with` returned, or `app.sluice` of Fastify. Its limits are asked with the quota request, and nothing is charged: by address, a caller sees the
   * quota of its address. An address on the deny list is answered with 404. For one on the allow list there are no limits. The option `when` of
   * the guard is not asked; that of a limit is. A function of a limit that needs more than this request has, such as a body, is a fault.
   */
  readonly guard: { readonly admin: Admin } | Admin
  readonly limiter?: undefined
  readonly identify?: undefined
  readonly id?: undefined
}

/** Limits by request, as a quota reads them. */
type QuotaSource<R> = Pick<QuotaOptions<R, RequestContext<R>>, 'limiter' | 'identify' | 'id'>

/**
 * The same options by limiter and subject.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for a guard that no adapter made, or beside a limiter
 * @example
 * ```ts
 * const { limiter, identify } = optionsOfGuard({ guard })
 * const decision = await limiter.peek(await identify(request))
 * ```
 */
export function optionsOfGuard<R, C>(
  options: QuotaOptions<R, C> | GuardQuotaOptions<R>,
): QuotaOptions<R, C> | QuotaOptions<R, RequestContext<R>> {
  if (!('guard' in options) || options.guard === undefined) return options as QuotaOptions<R, C>
  const { guard, queue, history, functionTimeout } = options
  const found = limitsBehind(guard)
  if (found === undefined) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'guard', wanted: 'what sluice() returned', value: guard })
  for (const option of ['limiter', 'identify', 'id'] as const) {
    const value: unknown = options[option]
    if (value !== undefined) throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: 'absent beside `guard`', value })
  }
  return {
    ...quotaSource(found.guard as unknown as Guard<R>, found.plan as Plan<R>),
    queue: typeof queue === 'function' ? ({ request }: RequestContext<R>) => queue(request) : queue,
    history,
    functionTimeout,
  }
}

/**
 * The source of a plan. Adaptive capacity is no quota of a caller and left out.
 * @throws SluiceError for limits that do not fit together in one decision
 */
function quotaSource<R>(guard: Guard<R>, plan: Plan<R>): QuotaSource<R> {
  const { pool, settings } = partsOfGuard.get(guard) as GuardParts<R>
  const limits = plan.limits.filter((limit) => ownStageOf(limit) === undefined)
  const limiter = limits.length === 0 ? undefined : pool.limiterFor(limits)

  async function peekBound(
    { limiter: bound, subject }: Plan<R>['bound'][number],
    { request, http }: RequestContext<R>,
    o: CallOptions | undefined,
  ): Promise<Decision> {
    const answer = subject(request, http)
    const own = isPromise(answer) ? await settings.time.within(answer, { function: 'subject' }) : answer
    if (own === null) throw new SluiceError(SLUICE_SUBJECT)
    return own === skip ? noLimit : bound.peek(own as never, o)
  }

  function peek(context: RequestContext<R>, o?: CallOptions): MaybePromise<Decision> {
    if (isListed(settings.allowList, context)) return noLimit
    if (limiter !== undefined && plan.bound.length === 0) return limiter.peek(context, o)
    return Promise.all([limiter?.peek(context, o) ?? noLimit, ...plan.bound.map((one) => peekBound(one, context, o))]).then(joined)
  }

  const isByAddress = plan.bound.length === 0 && !settings.hasLists && limits.every(hasNoFunction)
  return {
    limiter: { peek },
    identify(request) {
      const context = guard.open(request)
      // A guard with a deny list serves no request without an address.
      const isDenied = settings.screens && (addressOf(context.http) === null || isListed(settings.denyList, context))
      return isDenied ? null : context
    },
    // Two requests of one address have the same quota, unless a function of the request or a list tells them apart.
    id: isByAddress ? ({ http }) => http.address : undefined,
  }
}

function isListed<R>(list: Settings['denyList'], { http }: RequestContext<R>): boolean {
  const address = addressOf(http)
  return address !== null && matchesAny(list, address)
}

function hasNoFunction<R>({ by, when, rule, cost }: HttpLimit<R>): boolean {
  return by === undefined && when === undefined && typeof rule !== 'function' && typeof cost !== 'function'
}

const noLimit: Decision = {
  allowed: true,
  outcome: 'allowed',
  retryAfterMs: 0,
  limits: [],
  refusedBy: [],
  decidedBy: 'none',
  policyVersion: '0',
}

/** One decision of several. What one of them cannot know is unknown of all. */
function joined(decisions: readonly Decision[]): Decision {
  const unknown = decisions.find(isUnknown)
  if (unknown !== undefined) return unknown
  const worst = decisions.find(({ allowed }) => !allowed) ?? decisions.find(({ limits }) => limits.length > 0) ?? noLimit
  return { ...worst, limits: decisions.flatMap(({ limits }) => limits) }
}
