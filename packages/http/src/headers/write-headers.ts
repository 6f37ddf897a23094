/** Writing the headers of a decision that a handler made itself, into the response of any framework. */
import type { Decision } from '@sluice/core'
import { checkOptions, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import { disclosedLimits } from './disclosed-limits.ts'
import { type HeaderOptions, type HeaderPlan, planHeaders } from './header-presets.ts'

/** A response of `node:http`, Express, Fastify, Hono, Koa or the web standard, or `Headers` alone. */
export type HeaderTarget =
  | { setHeader(name: string, value: string): unknown; removeHeader(name: string): unknown }
  | { header(name: string, value?: string): unknown }
  | { readonly headers: HeaderFields }
  | HeaderFields

/** The part of `Headers` that is used. */
interface HeaderFields {
  set(name: string, value: string): unknown
}

/**
 * Writes the headers that a guard would write for a decision: where the caller stands by every limit that it may see, and on a refusal
 * `Retry-After` and `Cache-Control: no-store`. The status and the body are left to the handler. Quota headers that an earlier guard has
 * written are replaced, and removed where a refusal has none.
 *
 * Call it before the head is sent. Where two decisions write into one response, the later one counts.
 * @param options - `headers` and `headersOn`, as a guard takes them. Pass the same object each time, which is then checked once.
 * @throws SluiceError for every wrong option, and `SLUICE_OPTION_TYPE` for a response that takes no headers
 * @example
 * ```ts
 * const decision = await jobs.consume(user)
 * writeHeaders(decision, response)
 * if (!decision.allowed) return response.status(429).json({ error: 'come back later' })
 * ```
 */
export function writeHeaders(decision: Decision, response: HeaderTarget, options: HeaderOptions = usual): void {
  const plan = planOf(options)
  const { set, remove } = fieldsOf(response)
  const quota = decision.allowed && plan.onlyRefusals ? [] : plan.quota(disclosedLimits(decision))
  if (quota.length === 0 && !decision.allowed) for (const name of plan.quotaNames) remove(name)
  for (const [name, value] of quota) set(name, value)
  if (!decision.allowed) for (const [name, value] of plan.refusal(decision)) set(name, value)
}

const usual: HeaderOptions = {}
const plans = new WeakMap<HeaderOptions, HeaderPlan>()

function planOf(options: HeaderOptions): HeaderPlan {
  const known = plans.get(options)
  if (known !== undefined) return known
  checkOptions(options, 'writeHeaders', ['headers', 'headersOn'])
  const plan = planHeaders(options, Date.now)
  plans.set(options, plan)
  return plan
}

interface Fields {
  set(name: string, value: string): void
  remove(name: string): void
}

/** How a response sets a header, and how it removes one: Node and Express, Fastify, Hono, `Headers`, Koa. Hono removes what is set to nothing. */
const methods = [
  ['setHeader', 'removeHeader'],
  ['header', 'removeHeader'],
  ['header', 'header'],
  ['set', 'delete'],
  ['set', 'remove'],
] as const

/** @throws SluiceError `SLUICE_OPTION_TYPE` */
function fieldsOf(response: HeaderTarget): Fields {
  for (const target of [response, (Object(response) as { readonly headers?: unknown }).headers])
    for (const [set, remove] of methods)
      if (has(target, set) && has(target, remove))
        return { set: (name, value) => target[set](name, value), remove: (name) => target[remove](name, undefined) }
  throw new SluiceError(SLUICE_OPTION_TYPE, {
    option: 'The response of writeHeaders()',
    wanted: 'a response or Headers',
    value: typeof response,
  })
}

function has<N extends string>(target: unknown, name: N): target is Readonly<Record<N, (...args: unknown[]) => void>> {
  return typeof (target as Readonly<Record<string, unknown>> | null | undefined)?.[name] === 'function'
}
