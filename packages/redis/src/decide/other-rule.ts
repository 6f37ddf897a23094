/** Warns where processes that share a prefix disagree about the rule of a limit. */
import type { CountingRule, LimitFacts, Terms } from '@sluice/core'
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_RULES_DIFFER } from '../errors.ts'
import { mayHaveSent, readTerms } from '../wire/terms-text.ts'

/** Limits that were warned of, each with its prefix. */
const warned = new Set<string>()
const mostWarned = 1000

/**
 * Warns, once for each limit, of a bucket that had another rule of the same version. A rule that this process has sent itself is none of
 * another service. Where the rule depends on the call, buckets change theirs all the time.
 * @param replaced - the terms that the bucket had, as text
 */
export function warnOfOtherRule({ name, fixedRule }: LimitFacts, terms: Terms, replaced: string, prefix: string): void {
  const id = `${prefix} ${name}`
  if (fixedRule !== true || warned.has(id) || warned.size >= mostWarned || mayHaveSent(name, replaced)) return
  warned.add(id)
  warnOnce(SLUICE_RULES_DIFFER, { name, prefix, stored: inWords(readTerms(replaced).rule), own: inWords(terms.rule) })
}

function inWords(rule: CountingRule): string {
  const { kind, capacity, perMs } = rule as CountingRule & { readonly perMs?: number }
  return `${kind} of ${capacity}${perMs === undefined ? '' : ` per ${perMs / 1000} s`}`
}
