/** The contract of a mirror: one call takes what may be sent now, and tells what has become of earlier calls. */
import type { Micros } from '@sluice/core'
import type { WindowLog } from './window-log.ts'

/** One of the first calls that wait in a process. */
export interface Head {
  /** Lower lanes go first. */
  readonly lane: number
  /** Place within the lane: the start tag of fair queueing, in virtual microseconds. 0 is the head of the line. */
  readonly rank: number
  /** When the call arrived, by the clock of the mirror. Of equal ranks the earlier call goes first. */
  readonly since: Micros
  /** Units by dimension. 0 does not use the dimension. */
  readonly costs: readonly number[]
}

/** Units that come back from the booking at `at`. A negative number charges more. */
export interface Settlement {
  readonly at: Micros
  readonly back: readonly number[]
}

/** A booking whose call is sent later than its transit allows: it is booked anew, now. */
export interface Move {
  readonly at: Micros
  readonly costs: readonly number[]
}

/** What a response said about one dimension. */
export interface Sighting {
  readonly dimension: number
  /** When the call was booked whose response says so. */
  readonly at: Micros
  /** Units of the call, which the provider has surely counted; 0 if it has refused the call. */
  readonly cost: number
  readonly limit: number | undefined
  readonly remaining: number | undefined
  /** When the fixed window ends in which the provider counted the call, by the clock of the mirror; `undefined` if that is not known. */
  readonly endsUs: Micros | undefined
}

/**
 * How calls are spread. `'soonest'`: as early as the windows allow. `'steady'`: no denser than the windows allow on average. `'paced'`:
 * with a distance between any two, for providers that count by the second.
 */
export type Pace = 'soonest' | 'steady' | 'paced'

/** The latest answer that this process has had from the mirror. */
export interface Known {
  readonly now: Micros
  /** Time since that answer arrived, by the monotonic clock of the process: at least so much has passed since `now`. */
  readonly leastUs: Micros
  /** At most so much has passed, by all answers so far. */
  readonly mostUs: Micros
  /** An answer has shown that the clock of the mirror has stepped forward: what it is ahead of `now + mostUs` is a step, however small. */
  readonly stepped: boolean
}

/** One call to the mirror. */
export interface Ask {
  /** The process, the same in all its calls. */
  readonly process: string
  /** In the order of the process, lane after lane. None leaves the line. */
  readonly heads: readonly Head[]
  /**
   * What waits in the process behind its heads, by lane: units by dimension, and last the number of calls. Other processes predict their
   * waits by it.
   */
  readonly queued: readonly (readonly number[])[]
  /** Calls in flight of this process. They hold slots until the process says otherwise, or has not asked for the time of a lease. */
  readonly held: number
  readonly settles: readonly Settlement[]
  /**
   * Number of these settlements, above that of all earlier ones of the process. Settlements that come again with their number, because
   * the answer was lost, are not applied again. 0 if there are none.
   */
  readonly settling: number
  /** Units by dimension of calls that were sent while the mirror was away. They are booked now, whether they fit or not. Empty if none were. */
  readonly charges: readonly number[]
  readonly moves: readonly Move[]
  readonly seen: readonly Sighting[]
  /** Nothing is sent for so long: the provider said `Retry-After`. */
  readonly blockUs: Micros
  readonly pace: Pace
  readonly known: Known | undefined
}

/** Why a head was not booked. */
export type Why = 'empty' | 'full' | 'turn' | 'blocked' | 'slots' | 'unseen'

/** The answer. */
export interface Taken {
  /** When the heads were booked, by the clock of the mirror. */
  readonly now: Micros
  /** For each head whether it is booked and may be sent. */
  readonly booked: readonly boolean[]
  /** For each move whether it is booked anew; if not, its booking is gone, and the call must be taken anew. */
  readonly moved: readonly boolean[]
  /** Time until the first head that was not booked may ask again; 0 if none is left. */
  readonly waitUs: Micros
  readonly why: Why
  /** Virtual time by lane: the highest rank that was booked. */
  readonly virtual: readonly number[]
  /** The mirror had lost what this process had booked, and lets a whole window pass. */
  readonly fresh: boolean
  /** What was booked, for predictions. Read only. */
  readonly view: MirrorView
}

/** What another process has waiting. */
export interface Queued {
  readonly lane: number
  readonly rank: number
  /** Units by dimension, of the head and of everything behind it. */
  readonly units: readonly number[]
  readonly calls: number
}

/** As much of the state of a mirror as a prediction needs. */
export interface MirrorView {
  readonly logs: readonly WindowLog[]
  /** Units that one window may hold, by dimension, strangers deducted. */
  readonly rooms: readonly number[]
  readonly untilUs: Micros
  readonly paceUs: Micros
  /** Until when a call goes alone, so that its response shows what is left; 0 if none does. */
  readonly probeEndUs: Micros
  /** Slots that no process holds. `Infinity` if the mirror does not count them. */
  readonly freeSlots: number
  /** What waits in other processes. */
  readonly others: readonly Queued[]
}

/** A mirror, in memory or shared. */
export interface Mirror {
  take(ask: Ask): Taken | Promise<Taken>
  /** Milliseconds until a question without an answer is given up. @default 250 */
  readonly timeoutMs?: number | undefined
  /** Calls back when a call of this process may be sent earlier than it was told. @returns a function that stops it */
  onHint(process: string, wake: (inUs: Micros) => void): () => void
  close(): void | Promise<void>
}
