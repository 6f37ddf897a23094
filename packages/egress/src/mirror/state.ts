/** The state of a mirror: plain data that `take` changes in place. */
import type { Micros } from '@sluice/core'
import type { Dimension } from './dimension.ts'
import type { ProbeRules } from './probe.ts'
import type { WindowLog } from './window-log.ts'

/** A head that waits in the line. */
export interface Entry {
  readonly process: string
  readonly lane: number
  readonly rank: number
  readonly since: Micros
  readonly costs: readonly number[]
  /** Units that wait behind it in its process and lane, and last the number of calls. */
  readonly queued: readonly number[]
  /** When it was first seen to fit; 0 while it does not. */
  dueUs: Micros
  /** The instant that its process was told to ask again. */
  publishedUs: Micros
}

/** Calls in flight of a process, as it has said itself. */
export interface Hold {
  readonly process: string
  held: number
  /** The process is taken for dead if it has said nothing until then. */
  untilUs: Micros
}

/** What headers have shown of one dimension. */
export interface Learned {
  /** When the call was booked whose response was read last; 0 before the first. */
  seenUs: Micros
  /** The same of the latest response that showed clearly what strangers use. */
  sureUs: Micros
  /** The limit in the headers, as far as it is trusted; 0 while unknown. A fraction while it rises. */
  limit: number
  /** Units that strangers use on the same key: in the last window, or in the present fixed one so far. */
  strangers: number
  /** When the present fixed window ends; 0 if the provider names no end. */
  endsUs: Micros
  /** What strangers used of the last fixed window. */
  peak: number
}

export interface MirrorState {
  /** The clock of the mirror. It never goes back, and never ahead of real time. */
  lastUs: Micros
  /** What is taken from the server's clock: the steps that it has made. */
  skewUs: Micros
  /** The server's clock was ahead when it was last read, and nothing is booked until real time has caught up. */
  ahead: boolean
  /** Nothing is booked before. */
  untilUs: Micros
  /** Nothing that is spaced is booked before. */
  paceUs: Micros
  /** When a response was heard of last; 0 before the first. */
  heardUs: Micros
  /** When the latest probe was booked; 0 before the first, and once its response is here. */
  probeUs: Micros
  /** Virtual time by lane. */
  readonly virtual: number[]
  readonly logs: WindowLog[]
  readonly learned: Learned[]
  /** By lane, rank, arrival, process. At most one entry of each process in each lane. */
  line: Entry[]
  /** Who holds slots. Empty if they are not counted. */
  holds: Hold[]
  /** Number of the latest settlements by process. In Redis each has a key of its own, which expires. */
  readonly settled: Map<string, number>
}

/** What a mirror counts by. */
export interface MirrorRules {
  readonly dimensions: readonly Dimension[]
  readonly lanes: number
  /** How long a head that fits may stay away before it is skipped. */
  readonly graceUs: Micros
  /** Slots for calls in flight that all processes share; 0 if they are not counted. */
  readonly slots: number
  /** A process that has not asked for so long holds no slot any more. */
  readonly leaseUs: Micros
  /** How long settlements may come again, in microseconds. */
  readonly settledUs: Micros
  /** When calls go alone; `undefined` if responses say nothing of limits. */
  readonly probe: ProbeRules | undefined
}

/** A head that fits is called for; its process comes within this time, or is taken for dead. */
export const usualGraceUs: Micros = 250_000
export const usualLeaseUs: Micros = 10_000_000

export function emptyState({ dimensions, lanes }: MirrorRules): MirrorState {
  return {
    lastUs: 0,
    skewUs: 0,
    ahead: false,
    untilUs: 0,
    paceUs: 0,
    heardUs: 0,
    probeUs: 0,
    virtual: new Array<number>(lanes).fill(0),
    logs: dimensions.map(() => []),
    learned: dimensions.map(() => ({ seenUs: 0, sureUs: 0, limit: 0, strangers: 0, endsUs: 0, peak: 0 })),
    line: [],
    holds: [],
    settled: new Map(),
  }
}
