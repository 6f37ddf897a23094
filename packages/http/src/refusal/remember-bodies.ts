/** Remembers the bodies of refusals: they come in floods, and whoever is to wait as long for the same limits reads the same. */

import { retryAfterSeconds } from '../headers/retry-after.ts'
import type { RefusalFormat } from './accept.ts'
import { type RefusalBody, type RefusalFacts, refusalBody } from './refusal-body.ts'

/** Bodies kept at once; a page has three kilobytes. */
const most = 256

/** As {@link refusalBody}, which takes some three microseconds, in a tenth of them. Make one for each guard. */
export function rememberBodies(): (facts: RefusalFacts, format: RefusalFormat) => RefusalBody {
  const known = new Map<string, RefusalBody>()
  return (facts, format) => {
    const { refused, limits, status, message } = facts
    // The others are rare, and tell of more than this key does.
    if (refused.outcome !== 'limited' || message !== undefined) return refusalBody(facts, format)
    let key = `${format} ${status} ${retryAfterSeconds(refused)}`
    // Names are printable, so that none of them can pass for two.
    for (const { name } of limits) if (refused.refusedBy.includes(name)) key += `\n${name}`
    let body = known.get(key)
    if (body === undefined) {
      body = refusalBody(facts, format)
      if (known.size === most) known.clear()
      known.set(key, body)
    }
    return body
  }
}
