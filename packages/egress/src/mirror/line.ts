/** The line of heads: the order in which the first calls of all processes are served. */
import type { Micros } from '@sluice/core'
import type { Entry } from './state.ts'

interface Place {
  readonly lane: number
  readonly rank: number
  readonly since: Micros
  readonly process: string
}

/** Whether `a` is served before `b`. */
export function isBefore(a: Place, b: Place): boolean {
  if (a.lane !== b.lane) return a.lane < b.lane
  if (a.rank !== b.rank) return a.rank < b.rank
  if (a.since !== b.since) return a.since < b.since
  return a.process < b.process
}

/** Puts an entry into its place. */
export function insert(line: Entry[], entry: Entry): void {
  let at = line.length
  while (at > 0 && isBefore(entry, line[at - 1]!)) at -= 1
  line.splice(at, 0, entry)
}
