/** Whether a request is limited at all, decided before any limit: the deny list, the allow list, then everything else. */
import { type MaybePromise, SluiceError } from '@sluice/core'
import { andThen, type FunctionTime } from '@sluice/core/internal'
import { matchesAny } from '../address/cidr.ts'
import { addressOf, type HttpFacts } from '../http-facts.ts'
import { denialOf, type Refusal } from '../refusal/refusal.ts'
import { attempt, functionFault } from './attempt.ts'
import type { Plan } from './plan.ts'
import { isPreflight } from './preflight.ts'
import type { RequestContext } from './request-context.ts'
import type { Settings } from './settings.ts'

/** What becomes of a request before its limits are asked; `deny` where a condition failed, and faults are to be denied. */
export type Admission = 'decide' | 'skip' | 'deny'

/**
 * Checks the deny list, then the allow list; `decide` if neither has the address. Whatever the route, the method and the plan: nothing
 * else is asked before.
 * @param survives - told of a connection without an address under a deny list
 */
export function screen(
  http: HttpFacts,
  { denyList, allowList, screens }: Settings,
  survives: (error: SluiceError) => boolean,
): Admission | Refusal {
  const address = addressOf(http)
  if (address === null) return screens ? denyUnknown(survives) : 'decide'
  if (matchesAny(denyList, address)) return denialOf(http)
  return matchesAny(allowList, address) ? 'skip' : 'decide'
}

/**
 * Asks whether it is a preflight, and the conditions of the plan.
 * @param survives - told of a condition that failed: whether the request goes on all the same
 */
export function admission<R>(
  context: RequestContext<R>,
  plan: Plan<R>,
  settings: Settings,
  survives: (error: SluiceError) => boolean,
): MaybePromise<Admission> {
  const { http } = context
  if (settings.preflight === 'skip' && http.method === 'OPTIONS' && isPreflight(http)) return 'skip'
  return plan.when.length === 0 ? 'decide' : everyCondition(context, plan.when, 0, { survives, time: settings.time })
}

/**
 * A client that resets its connection right after its request has no address any more by the time that is read, and may need no answer:
 * that is no way around the deny list, whatever `onFault` lets pass.
 */
function denyUnknown(survives: (error: SluiceError) => boolean): Admission {
  survives(new SluiceError('SLUICE_ADDRESS'))
  return 'deny'
}

/** How conditions are asked. */
interface Asking {
  survives(error: SluiceError): boolean
  readonly time: FunctionTime
}

function everyCondition<R>(context: RequestContext<R>, conditions: Plan<R>['when'], from: number, asking: Asking): MaybePromise<Admission> {
  const condition = conditions[from]
  if (condition === undefined) return 'decide'
  return andThen(ask(context, condition, asking), (answer) =>
    answer === 'decide' ? everyCondition(context, conditions, from + 1, asking) : answer,
  )
}

/** What conditions have answered: each is asked once a request, or two stages of it might be told differently. */
const answers = new WeakMap<object, Map<unknown, MaybePromise<Admission>>>()

function ask<R>(context: RequestContext<R>, condition: Plan<R>['when'][number], { survives, time }: Asking): MaybePromise<Admission> {
  const asked = answers.get(context) ?? new Map<unknown, MaybePromise<Admission>>()
  answers.set(context, asked)
  const known = asked.get(condition)
  if (known !== undefined) return known
  const answer = attempt<Admission, Admission>(
    () => andThen(condition(context.request, context.http), (applies) => (applies ? 'decide' : 'skip')),
    (cause) => (survives(functionFault('when', cause)) ? 'skip' : 'deny'),
    { time, name: 'when' },
  )
  asked.set(condition, answer)
  return answer
}
