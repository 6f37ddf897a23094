/** Whether a request is limited at all: before any limit is asked. */
import { andThen, type MaybePromise } from '@sluice/core'
import { parseAddress } from './address.ts'
import { isEmpty, matchesAny } from './cidr.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import { isPreflight } from './preflight.ts'
import { denialOf, type Refusal } from './refusal.ts'
import type { Settings } from './settings.ts'

/** Asks the lists, whether it is a preflight, and the conditions of the plan. */
export function admission<R>(exchange: Exchange<R>, plan: Plan<R>, settings: Settings): MaybePromise<'decide' | 'skip' | Refusal> {
  const { http } = exchange.sluice
  if (!settings.countPreflights && http.method === 'OPTIONS' && isPreflight(http)) return 'skip'
  if (!isEmpty(settings.denyList) || !isEmpty(settings.allowList)) {
    const address = http.ip === null ? null : parseAddress(http.ip)
    if (address !== null && matchesAny(settings.denyList, address)) return denialOf(http)
    if (address !== null && matchesAny(settings.allowList, address)) return 'skip'
  }
  return plan.when.length === 0 ? 'decide' : everyCondition(exchange, plan, 0)
}

function everyCondition<R>(exchange: Exchange<R>, plan: Plan<R>, from: number): MaybePromise<'decide' | 'skip'> {
  const condition = plan.when[from]
  if (condition === undefined) return 'decide'
  return andThen(condition(exchange.request, exchange.sluice.http), (applies) =>
    applies ? everyCondition(exchange, plan, from + 1) : 'skip',
  )
}
