/** The questions of a policy: what has to be asked about each call, in order. */

import { unlimited } from '../key.ts'
import { ruleKind } from '../kind.ts'
import type { CompiledLimit } from './policy.ts'

/** One function of a limit, asked once for each call. */
export interface Question<C> {
  readonly about: 'when' | 'by' | 'rule' | 'cost'
  /** The limit that the question belongs to. A fault of the function is a fault of this limit. */
  readonly limit: CompiledLimit<C>
  /** Index of that limit in the policy. */
  readonly place: number
  /** Index of the limit whose function is asked. For a share it is the limit that has the rule function. */
  readonly at: number
  readonly ask: (subject: C) => unknown
  /** Index of the first question of the next limit. */
  readonly next: number
}

/** The questions of a list of limits, in order. Constants are no questions. */
export function questionsOf<C>(limits: readonly CompiledLimit<C>[]): readonly Question<C>[] {
  const questions: Question<C>[] = []
  for (const [at, limit] of limits.entries()) {
    const { when, by, cost } = limit.definition
    const ruleAt = ruleIndex(limits, at)
    const { rule } = limits[ruleAt]!.definition
    const own: Pick<Question<C>, 'about' | 'at' | 'ask'>[] = []
    if (when !== undefined) own.push({ about: 'when', at, ask: when })
    own.push({ about: 'by', at, ask: by })
    if (typeof rule === 'function') own.push({ about: 'rule', at: ruleAt, ask: rule as (subject: C) => unknown })
    else if (rule === unlimited) own.push({ about: 'rule', at: ruleAt, ask: () => unlimited })
    if (typeof cost === 'function' && limit.fixedRule?.[ruleKind].fixedCost === undefined) own.push({ about: 'cost', at, ask: cost })
    const next = questions.length + own.length
    for (const { about, at: functionAt, ask } of own) questions.push({ about, limit, place: at, at: functionAt, ask, next })
  }
  return questions
}

/** The limit whose rule decides a limit: the limit itself, or the outermost parent of a share. */
function ruleIndex<C>(limits: readonly CompiledLimit<C>[], at: number): number {
  let index = at
  while (limits[index]!.share !== undefined) index = limits[index]!.parentAt
  return index
}
