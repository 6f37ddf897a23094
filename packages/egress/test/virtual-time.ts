/** Events in virtual time, in whole microseconds. Events of one instant happen in the order in which they were planned. */

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
  const heap: Event[] = []
  let now = 0
  let planned = 0
  const isBefore = (a: Event, b: Event): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)

  function push(event: Event): void {
    let i = heap.push(event) - 1
    for (let up = (i - 1) >> 1; i > 0 && isBefore(event, heap[up]!); up = (i - 1) >> 1) {
      heap[i] = heap[up]!
      i = up
    }
    heap[i] = event
  }

  function pop(): Event {
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down += 1
      if (!isBefore(heap[down]!, last)) break
      heap[i] = heap[down]!
      i = down
    }
    heap[i] = last
    return first
  }

  return {
    nowUs: () => now,
    at(atUs, run) {
      planned += 1
      if (planned > mostEvents) throw new Error('the simulation does not come to an end')
      push({ atUs: Math.max(now, Math.ceil(atUs)), order: planned, run })
    },
    run() {
      while (heap.length > 0) {
        const event = pop()
        now = event.atUs
        event.run()
      }
    },
  }
}
