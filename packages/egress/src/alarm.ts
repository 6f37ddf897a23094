/** Things to do at a time: one timer serves any number of them. */
import type { Clock } from '@sluice/core'
import { heap } from './queue/heap.ts'

/** Something that is to happen. */
export interface Alarm {
  cancel(): void
}

export interface Alarms {
  /** @param waits - whether the process stays alive for it */
  at(atMs: number, run: () => void, waits: boolean): Alarm
}

interface Entry extends Alarm {
  readonly atMs: number
  readonly run: () => void
  readonly waits: boolean
  done: boolean
}

/** The longest that a timer can be set. */
const longestMs = 2 ** 31 - 1
/** Cancelled alarms are taken out when they are more than the others, from this number on. */
const fewest = 64

const byClock = new WeakMap<Clock, Alarms>()

/** The alarms of a clock: all providers on one clock share a timer. */
export function alarmsOf(clock: Clock): Alarms {
  const known = byClock.get(clock)
  if (known !== undefined) return known
  const made = createAlarms(clock)
  byClock.set(clock, made)
  return made
}

function createAlarms(clock: Clock): Alarms {
  const entries = heap<Entry>((a, b) => a.atMs < b.atMs)
  let timer: NodeJS.Timeout | undefined
  let timerMs = Number.POSITIVE_INFINITY
  let waiting = 0
  let cancelled = 0

  function end(entry: Entry): void {
    entry.done = true
    if (entry.waits) waiting -= 1
    if (waiting === 0) timer?.unref()
  }

  function arm(): void {
    while (entries.first()?.done) {
      entries.pop()
      cancelled -= 1
    }
    const first = entries.first()
    if (first === undefined || first.atMs >= timerMs) return
    clearTimeout(timer)
    timerMs = first.atMs
    timer = setTimeout(ring, Math.min(longestMs, Math.max(0, Math.ceil(first.atMs - clock.nowMs()))))
    if (waiting === 0) timer.unref()
  }

  function disarm(): void {
    clearTimeout(timer)
    timer = undefined
    timerMs = Number.POSITIVE_INFINITY
  }

  function ring(): void {
    disarm()
    const nowMs = clock.nowMs()
    for (let first = entries.first(); first !== undefined && (first.done || first.atMs <= nowMs); first = entries.first()) {
      entries.pop()
      if (first.done) {
        cancelled -= 1
        continue
      }
      end(first)
      first.run()
    }
    arm()
  }

  return {
    at(atMs, run, waits) {
      const entry: Entry = {
        atMs,
        run,
        waits,
        done: false,
        cancel() {
          if (entry.done) return
          end(entry)
          cancelled += 1
          if (cancelled === entries.size) disarm()
          if (cancelled < fewest || cancelled * 2 < entries.size) return
          entries.keep(({ done }) => !done)
          cancelled = 0
        },
      }
      entries.push(entry)
      if (waits) waiting += 1
      if (waiting === 1 && waits) timer?.ref()
      arm()
      return entry
    },
  }
}
