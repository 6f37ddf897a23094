/** Remembers the bodies of refusals: they come in floods, and two refusals with the same limits and the same wait read the same. */

import type { LimitStatus } from '@sluice/core'
import { retryAfterSeconds } from '../headers/header-line.ts'
import type { RefusalStatus } from '../http-limit.ts'
import type { RefusalFormat } from './accept.ts'
import { type RefusalBody, type RefusalFacts, refusalBody } from './refusal-body.ts'

/** Bodies kept at once; a page has three kilobytes. */
const most = 256

/** A body, and what it tells beside the wait. */
interface Known {
  readonly body: RefusalBody
  readonly format: RefusalFormat
  readonly status: RefusalStatus
  readonly isSafe: boolean | undefined
  /** The limits that refused, as far as callers may know. */
  readonly refusing: readonly LimitStatus[]
}

/**
 * As {@link refusalBody}, which takes some three microseconds, in a fraction of one. Make one for each guard. The bodies lie by their
 * seconds, since to write all that they tell into the text of a key took three quarters of a microsecond.
 */
export function rememberBodies(): (facts: RefusalFacts, format: RefusalFormat) => RefusalBody {
  const bySeconds = new Map<number | null, readonly Known[]>()
  let kept = 0

  function add(seconds: number | null, facts: RefusalFacts, format: RefusalFormat): RefusalBody {
    const { limits, refused, status, isSafe } = facts
    const refusing = limits.filter(({ name }) => refused.refusedBy.includes(name))
    const body = refusalBody(facts, format)
    if (kept === most) bySeconds.clear()
    kept = kept === most ? 1 : kept + 1
    bySeconds.set(seconds, [...(bySeconds.get(seconds) ?? nothing), { body, format, status, isSafe, refusing }])
    return body
  }

  return (facts, format) => {
    // The others are rare, and tell of more than is compared here.
    if (facts.refused.outcome !== 'limited' || facts.message !== undefined) return refusalBody(facts, format)
    const seconds = retryAfterSeconds(facts.refused)
    for (const known of bySeconds.get(seconds) ?? nothing)
      if (known.format === format && known.status === facts.status && known.isSafe === facts.isSafe && tellsOf(known, facts))
        return known.body
    return add(seconds, facts, format)
  }
}

const nothing: readonly Known[] = []

function tellsOf({ refusing, format }: Known, { refused, limits }: RefusalFacts): boolean {
  let found = 0
  for (const status of limits) {
    if (!refused.refusedBy.includes(status.name)) continue
    const known = refusing[found++]
    if (known?.name !== status.name) return false
    // A page also says how much a limit admits, which is not the same for all callers.
    if (format === 'page' && (known.rule !== status.rule || known.capacity !== status.capacity)) return false
  }
  return found === refusing.length
}
