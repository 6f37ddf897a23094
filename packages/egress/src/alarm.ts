/** Things to do at a time: one timer serves any number of them. */
import type { Clock } from '@sluice/core'
import { type Heap, heap } from './heap.ts'

/** Something that is to happen at a time. It is set once. */
export interface Alarm {
  readonly atMs: number
  /** Whether the process stays alive for it. */
  readonly waits: boolean
  /** Whether it is not set: it has rung, was cancelled, or was never set. */
  done: boolean
  ring(): void
}

export interface Alarms {
  set(alarm: Alarm): void
  /** Sets an alarm that runs a function. @param waits - whether the process stays alive for it */
  at(atMs: number, ring: () => void, waits: boolean): Alarm
  /** Does nothing if the alarm is not set. */
  cancel(alarm: Alarm | undefined): void
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

interface State {
  readonly clock: Clock
  readonly entries: Heap<Alarm>
  timer: NodeJS.Timeout | undefined
  /** When the timer fires. Infinity without a timer. */
  timerMs: number
  /** The function that set the timer. Once a test has replaced it, the timer may never fire. */
  timerSetBy: typeof setTimeout
  /** Alarms that keep the process alive. */
  waiting: number
  /** Cancelled alarms that are still in the heap. */
  cancelled: number
}

function createAlarms(clock: Clock): Alarms {
  const entries = heap<Alarm>((a, b) => a.atMs < b.atMs)
  const timer = { timer: undefined, timerMs: Number.POSITIVE_INFINITY, timerSetBy: setTimeout }
  const state: State = { clock, entries, ...timer, waiting: 0, cancelled: 0 }
  return {
    set: (alarm) => set(state, alarm),
    at(atMs, ring, waits) {
      const alarm: Alarm = { atMs, ring, waits, done: true }
      set(state, alarm)
      return alarm
    },
    cancel: (alarm) => alarm !== undefined && cancel(state, alarm),
  }
}

function set(state: State, alarm: Alarm): void {
  alarm.done = false
  state.entries.push(alarm)
  if (alarm.waits) state.waiting += 1
  if (alarm.waits && state.waiting === 1) state.timer?.ref()
  arm(state)
}

function cancel(state: State, entry: Alarm): void {
  if (entry.done) return
  const { entries } = state
  end(state, entry)
  state.cancelled += 1
  if (state.cancelled === entries.size) disarm(state)
  if (state.cancelled < fewest || state.cancelled * 2 < entries.size) return
  entries.keep(({ done }) => !done)
  state.cancelled = 0
}

function end(state: State, entry: Alarm): void {
  entry.done = true
  if (entry.waits) state.waiting -= 1
  if (state.waiting === 0) state.timer?.unref()
}

/** Sets the timer for the first alarm, unless it fires early enough already. */
function arm(state: State): void {
  const { entries, clock } = state
  while (entries.first()?.done) {
    entries.pop()
    state.cancelled -= 1
  }
  const first = entries.first()
  const isReplaced = state.timerSetBy !== setTimeout
  if (first === undefined || (first.atMs >= state.timerMs && !isReplaced)) return
  // A timer of another setTimeout cannot be cleared. It may still fire, which does no harm.
  if (!isReplaced) clearTimeout(state.timer)
  state.timerMs = first.atMs
  state.timerSetBy = setTimeout
  state.timer = setTimeout(() => ringDue(state), Math.min(longestMs, Math.max(0, Math.ceil(first.atMs - clock.nowMs()))))
  if (state.waiting === 0) state.timer.unref()
}

function disarm(state: State): void {
  clearTimeout(state.timer)
  state.timer = undefined
  state.timerMs = Number.POSITIVE_INFINITY
}

function ringDue(state: State): void {
  disarm(state)
  const { entries, clock } = state
  try {
    const nowMs = clock.nowMs()
    for (let first = entries.first(); first !== undefined && (first.done || first.atMs <= nowMs); first = entries.first()) {
      entries.pop()
      if (first.done) {
        state.cancelled -= 1
        continue
      }
      end(state, first)
      first.ring()
    }
  } finally {
    // One alarm that throws leaves the others set.
    arm(state)
  }
}
