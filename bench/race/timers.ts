/** Timers of virtual time, in the order in which they are due. Timers of one instant run in the order in which they were set. */

/** What `setTimeout` returns. Nothing here keeps a process alive, so `ref` and `unref` do nothing. */
export class Timer {
  atMs = 0
  order = 0
  isGone = false
  readonly run: () => void
  /** Interval in milliseconds; 0 for a timer that runs once. */
  readonly everyMs: number

  constructor(run: () => void, everyMs: number) {
    this.run = run
    this.everyMs = everyMs
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

/** A heap of timers, and the time that they have reached. */
export class Timers {
  nowMs = 0
  private readonly heap: Timer[] = []
  private added = 0

  /** @param everyMs - interval of a timer that repeats */
  add(atMs: number, run: () => void, everyMs: number = 0): Timer {
    const timer = new Timer(run, everyMs)
    this.push(timer, atMs)
    return timer
  }

  /** Does nothing for what is no timer. */
  remove(timer: unknown): void {
    if (timer instanceof Timer) timer.isGone = true
  }

  /** Moves on to the next timer and runs it. @returns false if there is none */
  runNext(): boolean {
    for (let timer = this.pop(); timer !== undefined; timer = this.pop()) {
      if (timer.isGone) continue
      this.nowMs = timer.atMs
      timer.run()
      if (timer.everyMs > 0) this.push(timer, this.nowMs + timer.everyMs)
      return true
    }
    return false
  }

  private push(timer: Timer, atMs: number): void {
    this.added += 1
    timer.atMs = Math.max(this.nowMs, atMs)
    timer.order = this.added
    const { heap } = this
    let i = heap.push(timer) - 1
    for (let up = (i - 1) >> 1; i > 0 && isBefore(timer, heap[up]!); up = (i - 1) >> 1) {
      heap[i] = heap[up]!
      i = up
    }
    heap[i] = timer
  }

  private pop(): Timer | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let i = 0
    for (let down = 1; down < heap.length; down = 2 * i + 1) {
      if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down += 1
      if (!isBefore(heap[down]!, last)) break
      heap[i] = heap[down]!
      i = down
    }
    heap[i] = last
    return first
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
