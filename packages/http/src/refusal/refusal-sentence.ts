/** Says to a person why nothing came back and when to try again, in one sentence or two. */
import type { Refused } from '@sluice/core'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import { inWords } from './duration-words.ts'
import type { RefusalStatus } from './refusal-status.ts'

export function refusalSentence(refused: Refused, limits: DisclosedLimits, status: RefusalStatus): string {
  switch (refused.outcome) {
    case 'limited':
      return `${status === 503 ? 'Too busy right now' : 'Slow down'} - try again in ${inWords(refused.retryAfterMs)}.`
    case 'impossible':
      return impossible(limits)
    case 'unavailable':
      // The wait is an estimate, and a number would be taken at its word.
      return 'The service is short of capacity at the moment - please come back a little later.'
  }
}

/** Names the numbers of the tightest limit that callers may see; an undisclosed capacity stays unsaid. */
function impossible(limits: DisclosedLimits): string {
  const tooSmall = limits.filter((limit) => !limit.allowed && limit.retryAfterMs === null)
  if (tooSmall.length === 0) return 'This request asks for more than is ever admitted at once. Trying again will not help; ask for less.'
  const { cost, capacity } = tooSmall.reduce((tightest, limit) => (limit.capacity < tightest.capacity ? limit : tightest))
  return `This request costs ${cost} units, and at most ${capacity} can ever be admitted at once. Trying again will not help; ask for less.`
}
