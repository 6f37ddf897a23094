/** Removes buckets that are full again, a few at a time: some with every new bucket, the rest by one timer that a store starts when needed. */
import { type Bucket, canForget } from '../buckets/bucket.ts'
import type { Micros } from '../clock.ts'
import type { MemoryTable, Tally } from './memory-table.ts'

/** Buckets looked at for each new one, so that memory stays bounded even where no timer runs. Few buckets are left to the timer. */
const perInsert = 2
const few = 1024
/** Buckets looked at with each call while the store is full. */
const whenFull = 32
/** Buckets looked at in one tick of the timer. To remove them all takes half a millisecond; see `bench memory`. */
const perTick = 512
/** Milliseconds to the next tick: where much was there to remove, where little was, and at the end of a round over all tables. */
const busyMs = 1
const calmMs = 50
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

  /** Looks at so many buckets, or at fewer where the round ends. */
  function sweep(count: number, now: Micros): void {
    const lapsed = (bucket: Bucket): boolean => canForget(bucket, now)
    let left = count
    while (left > 0) {
      if (table === undefined) {
        round ??= tables.values()
        const next = round.next()
        if (next.done) {
          round = undefined
          return
        }
        table = next.value
      }
      left = table.sweep(left, lapsed)
      if (left > 0) table = undefined
    }
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
    if (tally.buckets > 0) schedule(pauseMs(before - tally.buckets))
  }

  /** A bucket that comes now and then lapses in between: were it hunted, it would be removed and made again and again. */
  function pauseMs(removed: number): number {
    if (round === undefined) return idleMs
    return removed * 8 >= perTick ? busyMs : calmMs
  }

  function schedule(ms: number): void {
    if (timer !== undefined) return
    timer = host.setTimeout(tick, ms)
    // A store must not keep a process alive. Browsers and workers have numbers for timers and no processes to keep.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  }

  return {
    inserted() {
      if (tally.buckets > few) due += perInsert
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
