/** Removes buckets that are full again, a few at a time: some with every new bucket, the rest by one timer that a store starts when needed. */
import { hasLapsed } from './bucket.ts'
import type { Micros } from './clock.ts'
import type { MemoryTable, Tally } from './memory-table.ts'

/** Buckets looked at for each new one, so that memory stays bounded even where no timer runs. */
const perInsert = 2
/** Buckets looked at with each call while the store is full. */
const whenFull = 32
/** Buckets looked at in one tick of the timer: under two milliseconds. */
const perTick = 8192
/** Milliseconds between ticks while there is something to remove, and while there is not. */
const busyMs = 10
const idleMs = 1000

interface Host {
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}
const host = globalThis as unknown as Host

/** The sweeping of one store. */
export interface Sweeper {
  /** Called with each new bucket. */
  inserted(): void
  /** Called before each step of the store, never within one, so that no bucket in hand is removed. Looks harder when the store is full. */
  tidy(now: Micros, full: boolean): void
  stop(): void
}

/** A sweeper over tables that may come and go. */
export function memorySweeper(tables: ReadonlyMap<string, MemoryTable>, tally: Tally, nowUs: () => Micros): Sweeper {
  let timer: unknown
  let round: Iterator<MemoryTable> | undefined
  let table: MemoryTable | undefined
  let due = 0

  function sweep(count: number, now: Micros): void {
    if (table === undefined) {
      round ??= tables.values()
      const next = round.next()
      if (next.done) round = undefined
      else table = next.value
    }
    if (table?.sweep(count, (bucket) => hasLapsed(bucket, now))) table = undefined
  }

  function sweepDue(now: Micros, full: boolean): void {
    const count = full ? due + whenFull : due
    due = 0
    sweep(count, now)
  }

  function tick(): void {
    timer = undefined
    const before = tally.buckets
    sweep(perTick, nowUs())
    const idle = tally.buckets === before && table === undefined && round === undefined
    if (tally.buckets > 0) schedule(idle ? idleMs : busyMs)
  }

  function schedule(ms: number): void {
    if (timer !== undefined) return
    timer = host.setTimeout(tick, ms)
    // A store must not keep a process alive. Browsers and workers have numbers for timers and no processes to keep.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  }

  return {
    inserted() {
      due += perInsert
      schedule(idleMs)
    },
    tidy(now, full) {
      if (due > 0 || full) sweepDue(now, full)
    },
    stop() {
      if (timer !== undefined) host.clearTimeout(timer)
      timer = undefined
    },
  }
}
