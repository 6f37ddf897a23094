/** An action of an operator: what a request asks for, and doing it on every limiter that has the limit. */
import type { Admin, BlockDuration, LimitStatus, ListedKey } from '@sluice/core'
import { reasonOf } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { ViewParts } from '../live/live-view.ts'
import type { OperatorVerb } from './audit.ts'
import { countText, spanText } from './words.ts'

/** An action that was understood. */
export interface Action {
  readonly verb: OperatorVerb
  readonly limit: string
  readonly key: ListedKey
  /** `null` for other verbs than `block`. */
  readonly duration: string | null
}

/** What has become of an action. */
export interface ActionResult {
  readonly status: 200 | 400 | 404 | 503
  /** A sentence for the operator. */
  readonly message: string
}

const verbs: readonly unknown[] = ['inspect', 'block', 'lift', 'reset'] satisfies OperatorVerb[]
const longestAction = 8192

/**
 * Reads the header `X-Sluice-Action`: JSON with its special characters escaped, as `encodeURIComponent` does it.
 * @returns a sentence where it is not understood
 */
export function parseAction(text: string, { names }: Pick<ViewParts, 'names'>): Action | string {
  let given: Readonly<Record<string, unknown>>
  try {
    if (text.length > longestAction) return 'The action is too long.'
    given = JSON.parse(decodeURIComponent(text)) as typeof given
  } catch {
    return 'The action is no JSON.'
  }
  const { verb, token, limit, key, duration = null } = given ?? {}
  if (!verbs.includes(verb)) return 'The action is none of inspect, block, lift and reset.'
  if (verb === 'block' ? typeof duration !== 'string' : duration !== null) return 'A block, and nothing else, has a duration such as "1h".'
  const named = typeof token === 'string' ? names.keyOf(token) : { limit, key: typeof key === 'string' ? keyOfText(key) : undefined }
  if (named === undefined) return 'The key is not known any more. Load the page again.'
  if (typeof named.limit !== 'string' || named.key === undefined) return 'The action names no key of a limit.'
  return { verb: verb as OperatorVerb, limit: named.limit, key: named.key, duration: duration as string | null }
}

/** A key as an operator writes it: a text, or JSON where it begins as a list, an object or a quoted text does. */
function keyOfText(text: string): ListedKey | undefined {
  if (text === '') return undefined
  if (!/^[[{"]/.test(text)) return text
  try {
    return JSON.parse(text) as ListedKey
  } catch {
    return undefined
  }
}

/** Does it. It never rejects. */
export async function perform({ verb, limit, key, duration }: Action, admins: readonly Admin[]): Promise<ActionResult> {
  const act: Readonly<Record<OperatorVerb, (admin: Admin) => unknown>> = {
    inspect: (admin) => admin.inspect(limit, key),
    block: (admin) => admin.block(limit, key, duration as BlockDuration),
    lift: (admin) => admin.block(limit, key, 0),
    reset: (admin) => admin.reset(limit, key),
  }
  const done: unknown[] = []
  for (const admin of admins) {
    try {
      done.push(await act[verb](admin))
    } catch (cause) {
      const code = cause instanceof SluiceError ? cause.code : undefined
      if (code === 'SLUICE_LIMIT_UNKNOWN') continue
      if (code === 'SLUICE_KEY' || code === 'SLUICE_DURATION' || code === 'SLUICE_ADDRESS') return { status: 400, message: reasonOf(cause) }
      return { status: 503, message: `That failed: ${reasonOf(cause)}` }
    }
  }
  if (done.length === 0) return { status: 404, message: `There is no limit ${limit}.` }
  return { status: 200, message: verb === 'inspect' ? inspected(done as (LimitStatus | null)[]) : sentences[verb] }
}

const sentences = { block: 'The key is blocked.', lift: 'The key is not blocked any more.', reset: 'The key has its whole capacity again.' }

/** Limiters with stores of their own each have a bucket: the one that admits least is told of. */
function inspected(found: readonly (LimitStatus | null)[]): string {
  const buckets = found.filter((one) => one !== null).sort((a, b) => a.remaining - b.remaining)
  const [status] = buckets
  if (status === undefined) return 'The key has no bucket: it has its whole capacity.'
  const { remaining, capacity, resetAfterMs, blockedForMs } = status
  const left = `${countText(remaining)} of ${countText(capacity)} left.`
  const full = resetAfterMs > 0 ? ` Full again in ${spanText(resetAfterMs)}.` : ''
  const block = blockedForMs === undefined ? '' : ` Blocked ${blockedForMs === null ? 'for ever' : `for ${spanText(blockedForMs)}`}.`
  return `${left}${full}${block}`
}
