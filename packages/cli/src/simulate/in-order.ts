/**
 * Requests in the order of their times. Servers write a line when a request ends, so lines are a little out of order.
 *
 * Requests of one second wait in one bin until no line of it can come any more. The number of bins is bounded by the window, and the
 * number of requests in them by {@link mostWaiting}.
 */
import type { LogRequest } from '../log/request-reader.ts'

/** How far out of order a line may be. */
const windowSeconds = 60
/** Requests that wait at most. Beyond it the oldest second is given out before its time. */
const mostWaiting = 250_000

/** Puts requests into order. */
export interface InOrder {
  /** Lines that came more than the window too late, and were left out. */
  readonly late: number
  add(request: LogRequest): void
  /** Gives out what still waits. */
  end(): void
}

/**
 * Calls back with each request in the order of time. A second in which all times are whole is a log without fractions: its requests are
 * spread evenly over the second.
 */
export function inOrder(next: (request: LogRequest) => void): InOrder {
  const bins = new Map<number, LogRequest[]>()
  let newest = Number.NEGATIVE_INFINITY
  /** Seconds before this one have been given out. */
  let given = Number.NEGATIVE_INFINITY
  let waiting = 0
  let late = 0

  function giveUpTo(last: number): void {
    const ready = [...bins.keys()].filter((second) => second <= last)
    for (const second of ready.length > 1 ? ready.sort((a, b) => a - b) : ready) {
      const bin = bins.get(second)!
      bins.delete(second)
      waiting -= bin.length
      given = second + 1
      giveBin(bin, next)
    }
  }

  /** The oldest second goes before its time. Of the newest one more may come, wherever it is the oldest. */
  function giveOldest(): void {
    const oldest = Math.min(...bins.keys())
    giveUpTo(oldest)
    if (oldest === newest) given = oldest
  }

  return {
    get late() {
      return late
    },
    add(request) {
      const second = Math.floor(request.timeMs / 1000)
      if (second < given) {
        late++
        return
      }
      const bin = bins.get(second)
      if (bin === undefined) bins.set(second, [request])
      else bin.push(request)
      waiting++
      if (second > newest) {
        newest = second
        giveUpTo(newest - windowSeconds - 1)
        given = Math.max(given, newest - windowSeconds)
      }
      if (waiting > mostWaiting) giveOldest()
    },
    end: () => giveUpTo(Number.POSITIVE_INFINITY),
  }
}

function giveBin(bin: LogRequest[], next: (request: LogRequest) => void): void {
  let ordered = true
  let whole = true
  for (let i = 0; i < bin.length; i++) {
    const { timeMs } = bin[i]!
    if (timeMs % 1000 !== 0) whole = false
    if (i > 0 && timeMs < bin[i - 1]!.timeMs) ordered = false
  }
  if (!ordered) bin.sort((a, b) => a.timeMs - b.timeMs)
  for (let i = 0; i < bin.length; i++) {
    if (whole) bin[i]!.timeMs += (1000 * i) / bin.length
    next(bin[i]!)
  }
}
