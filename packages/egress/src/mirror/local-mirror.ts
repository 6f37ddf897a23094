/** The part of a shared mirror that a process keeps by itself while the shared one is away. */
import type { Clock, Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'
import type { Ask, Mirror, Taken } from './mirror.ts'
import { emptyState, type MirrorRules, type MirrorState } from './state.ts'
import { take } from './take.ts'
import { book, usedAt, type WindowLog } from './window-log.ts'

/** The latest answer of the shared mirror, and when it came, in milliseconds. */
export interface LastAnswer {
  readonly taken: Taken
  readonly sentMs: number
  readonly heardMs: number
}

export interface LocalMirrorOptions {
  readonly rules: MirrorRules
  readonly clock: Clock
  /** Processes that share the quota. `Infinity` for a mirror that lets everything through. */
  readonly processes: number
  /** `undefined` if the shared mirror has never answered. */
  readonly last: LastAnswer | undefined
  /** What this process has sent on its own in earlier outages, by dimension. */
  readonly own: readonly WindowLog[]
}

/**
 * A mirror with one part of every limit: with 4 processes and 100 requests a minute each sends 25.
 *
 * It begins with its part of what the shared mirror had booked. What others may have booked since the latest answer is unknown; it is taken
 * to be their share of the quota in that time. Without an answer nothing is known, and a whole window passes first.
 */
export function localMirror({ rules, clock, processes, last, own }: LocalMirrorOptions): Pick<Mirror, 'take'> {
  const openTo = processes === Number.POSITIVE_INFINITY
  const dimensions = rules.dimensions.map((each) => ({
    ...each,
    capacity: openTo ? Number.MAX_SAFE_INTEGER : Math.floor(each.capacity / processes),
  }))
  const slots = rules.slots === 0 || openTo ? 0 : Math.max(1, Math.floor(rules.slots / processes))
  // It does not know what others send, whatever a response says.
  const local: MirrorRules = { ...rules, dimensions, slots, probe: undefined }
  const state = emptyState(local)
  const startMs = clock.nowMs()
  const start = last === undefined ? Math.floor(startMs * 1000) : last.taken.now + Math.floor((startMs - last.heardMs) * 1000)
  state.lastUs = start
  if (!openTo) begin(state, { rules, clock, processes, last, own }, start)
  return {
    take(ask) {
      // A call that is larger than the part would be sent alone, by each process.
      const fits = ask.heads.map(({ costs }) => costs.every((units, i) => units <= dimensions[i]!.capacity))
      const nowUs = start + Math.floor((clock.nowMs() - startMs) * 1000)
      const taken = take(state, nowUs, { ...ask, heads: ask.heads.filter((_, i) => fits[i]), known: undefined }, local)
      let next = 0
      const booked = fits.map((each) => each && taken.booked[next++]!)
      return { ...taken, booked, waitUs: taken.waitUs || (fits.includes(false) ? lookUs : 0) }
    },
  }
}

/** When a process asks again for a call that is larger than its part. */
const lookUs: Micros = 1_000_000

function begin(state: MirrorState, { rules, clock, processes, last, own }: LocalMirrorOptions, start: Micros): void {
  if (last === undefined) state.untilUs = start + Math.max(...rules.dimensions.map(horizonUs))
  const unseenUs = last === undefined ? 0 : (clock.nowMs() - last.sentMs) * 1000
  for (const [i, dimension] of rules.dimensions.entries()) {
    const log = state.logs[i]!
    const known = last?.taken.view.logs[i] ?? []
    for (let at = 0; at < known.length; at += 2) log.push(known[at]!, Math.ceil(known[at + 1]! / processes))
    merge(log, own[i]!)
    const part = Math.floor(dimension.capacity / processes)
    const unseen = unseenOf(dimension, unseenUs) / processes
    book(log, start, Math.min(Math.floor(unseen), Math.max(0, part - usedAt(log, start, dimension))), dimension.slotUs)
  }
}

function unseenOf({ capacity, windowUs }: Dimension, unseenUs: Micros): number {
  return Math.min(capacity, (capacity * unseenUs) / windowUs)
}

/** Adds the entries of another log, in the order of time. */
function merge(log: WindowLog, other: WindowLog): void {
  const pairs: [number, number][] = []
  for (const each of [log, other]) for (let i = 0; i < each.length; i += 2) pairs.push([each[i]!, each[i + 1]!])
  log.splice(0, log.length, ...pairs.sort(([a], [b]) => a - b).flat())
}

/** What a question asks for in vain: nothing. */
export function emptyAsk(process: string, held: number): Ask {
  const nothing = { heads: [], queued: [], settles: [], settling: 0, charges: [], moves: [], seen: [], blockUs: 0 }
  return { process, held, ...nothing, pace: 'soonest', known: undefined }
}
