/** Events in virtual time, in whole microseconds. Events of one instant happen in the order in which they were planned. */
import { heap } from '../src/heap.ts'

export interface VirtualTime {
  nowUs(): number
  at(atUs: number, run: () => void): void
  /** Runs until nothing is planned. */
  run(): void
}

interface Event {
  readonly atUs: number
  readonly order: number
  readonly run: () => void
}

/** A run that plans this many events goes round in circles. */
const usualMostEvents = 20_000

export function virtualTime(mostEvents: number = usualMostEvents): VirtualTime {
  const events = heap<Event>((a, b) => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order))
  let now = 0
  let planned = 0

  return {
    nowUs: () => now,
    at(atUs, run) {
      planned += 1
      if (planned > mostEvents) throw new Error('the simulation does not come to an end')
      events.push({ atUs: Math.max(now, Math.ceil(atUs)), order: planned, run })
    },
    run() {
      for (let event = events.pop(); event !== undefined; event = events.pop()) {
        now = event.atUs
        event.run()
      }
    },
  }
}
