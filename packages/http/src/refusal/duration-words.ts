/** Says a wait as a person would, and never shorter than it is. */

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
