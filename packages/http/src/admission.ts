/** Whether a request is limited at all: before any limit is asked. */
import { andThen, type MaybePromise, SluiceError } from '@sluice/core'
import { parseAddress } from './address.ts'
import { attempt } from './attempt.ts'
import { isEmpty, matchesAny } from './cidr.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import { isPreflight } from './preflight.ts'
import { denialOf, type Refusal } from './refusal.ts'
import type { Settings } from './settings.ts'

/** What becomes of a request before its limits are asked; `deny` where a condition failed, and faults are to be denied. */
export type Admission = 'decide' | 'skip' | 'deny'

/**
 * Asks the lists, whether it is a preflight, and the conditions of the plan.
 * @param survives - told of a condition that failed: whether the request goes on all the same
 */
export function admission<R>(
  exchange: Exchange<R>,
  plan: Plan<R>,
  settings: Settings,
  survives: (error: SluiceError) => boolean,
): MaybePromise<Admission | Refusal> {
  const { http } = exchange.sluice
  if (!settings.countPreflights && http.method === 'OPTIONS' && isPreflight(http)) return 'skip'
  if (!isEmpty(settings.denyList) || !isEmpty(settings.allowList)) {
    const address = http.ip === null ? null : parseAddress(http.ip)
    if (address !== null && matchesAny(settings.denyList, address)) return denialOf(http)
    if (address !== null && matchesAny(settings.allowList, address)) return 'skip'
  }
  if (plan.when.length === 0) return 'decide'
  return attempt(
    () => everyCondition(exchange, plan, 0),
    (cause) => (survives(new SluiceError('SLUICE_ROUTE_FUNCTION', { function: 'when' }, { cause })) ? 'skip' : 'deny'),
  )
}

function everyCondition<R>(exchange: Exchange<R>, plan: Plan<R>, from: number): MaybePromise<Admission> {
  const condition = plan.when[from]
  if (condition === undefined) return 'decide'
  return andThen(condition(exchange.request, exchange.sluice.http), (applies) =>
    applies ? everyCondition(exchange, plan, from + 1) : 'skip',
  )
}
