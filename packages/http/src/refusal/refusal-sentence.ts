/** The sentence for a person: why the request was refused, and when to try again. The wait is never shorter than it is. */
import type { Refused } from '@sluice/core'
import { type DisclosedLimits, isLasting } from '../headers/disclosed-limits.ts'
import type { RefusalStatus } from '../http-limit.ts'

export function refusalSentence(refused: Refused, limits: DisclosedLimits, status: RefusalStatus): string {
  switch (refused.outcome) {
    case 'limited':
      return `${status >= 500 ? 'Too busy right now' : 'Slow down'} - try again in ${inWords(refused.retryAfterMs)}.`
    case 'impossible':
      return isBlockedForever(refused) ? 'Requests like this one are blocked. Trying again will not help.' : impossible(limits)
    case 'unavailable':
      // The wait is an estimate, and a number would be taken at its word.
      return 'The service is short of capacity at the moment - please come back a little later.'
  }
}

/** Whether a limit refused for a block without an end. The sentence names neither the limit nor its numbers, so that it may be undisclosed. */
export function isBlockedForever({ limits, refusedBy }: Refused): boolean {
  return limits.some(({ name, blockedForMs }) => blockedForMs === null && refusedBy.includes(name))
}

/** Whether a limit refused whose units never return, and that callers may see. */
export function isUsedUp({ limits, refusedBy }: Refused): boolean {
  return limits.some((status) => status.disclose && isLasting(status) && status.cost <= status.capacity && refusedBy.includes(status.name))
}

/** Names the numbers of the tightest limit that callers may see; an undisclosed capacity stays unsaid. */
function impossible(limits: DisclosedLimits): string {
  const tooSmall = limits.filter((limit) => !limit.allowed && limit.retryAfterMs === null)
  if (tooSmall.length === 0) return 'This request asks for more than is ever admitted at once. Trying again will not help; ask for less.'
  const tightest = tooSmall.reduce((least, limit) => (limit.capacity < least.capacity ? limit : least))
  const { cost, capacity, remaining } = tightest
  if (capacity === 0) return 'Requests like this one are not admitted. Trying again will not help.'
  if (isLasting(tightest) && cost <= capacity)
    return remaining === 0
      ? `All ${capacity} units are used up. Trying again will not help.`
      : `This request costs ${cost} units, and ${remaining} of ${capacity} are left. Trying again will not help; ask for less.`
  return `This request costs ${cost} units, and at most ${capacity} can ever be admitted at once. Trying again will not help; ask for less.`
}

/**
 * "30 seconds", "1 minute", "1 hour 31 minutes", "2 days". Everything is rounded up: to the second up to 90 seconds, to the minute up
 * to a day, to the hour above.
 */
export function inWords(waitMs: number): string {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  if (seconds <= 90 && seconds !== 60) return count(seconds, 'second')
  const minutes = Math.ceil(seconds / 60)
  if (minutes <= 90 && minutes !== 60) return count(minutes, 'minute')
  const hours = Math.ceil(minutes / 60)
  if (hours < 24) return pair(Math.floor(minutes / 60), 'hour', minutes % 60, 'minute')
  return pair(Math.floor(hours / 24), 'day', hours % 24, 'hour')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? count(large, largeUnit) : `${count(large, largeUnit)} ${count(small, smallUnit)}`
}

function count(n: number, unit: string): string {
  return n === 1 ? `1 ${unit}` : `${n} ${unit}s`
}
