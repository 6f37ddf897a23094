/** Removes buckets that are full again, a few at a time: some with every new bucket, the others by one timer that a store starts when needed. */
import { canForget } from '../buckets/bucket.ts'
import { type Clock, type Micros, microsOf } from '../clock.ts'
import { bucketKind, type CountingRule, type SteadyRule } from '../kind.ts'
import type { Terms } from '../store.ts'
import { isPlain, type MemoryTable, placeOf, termsAt } from './memory-table.ts'

/** Buckets looked at for each new one, so that memory stays bounded even where no timer runs. */
const perInsert = 2
/**
 * So few buckets are left to the timer. V8 shrinks a Map that is filled to less than a quarter of a power of two, and lets it grow again
 * soon after. Both take three times as long as the decision. So this lies above a power of two, not at it.
 */
const few = 1152
/** Buckets looked at with each call while the store is full. */
const whenFull = 32
/** Buckets looked at in one tick of the timer. To remove them all takes half a millisecond; see `bench memory`. */
const perTick = 512
/** Free slots that a sweep passes for each bucket that it may visit. */
const freePerVisit = 16
/** Milliseconds to the next tick: where much was there to remove, where little was, and at the end of a round over all tables. */
const busyMs = 1
const calmMs = 50
const idleMs = 1000

/** Numbers that all tables of a store share. */
export interface Tally {
  /** Buckets in all tables. */
  buckets: number
  /** The most buckets at once, without overflow buckets. */
  readonly maxBuckets: number
  /** Buckets that the sweep visits before the next step. */
  due: number
}

interface Host {
  setTimeout<T>(run: (argument: T) => void, ms: number, argument: T): unknown
  clearTimeout(timer: unknown): void
}
const host = globalThis as unknown as Host

interface Ticking {
  tick(): void
}

/** What a timer calls. It refers weakly to the store's own, so that a store that nothing else refers to is collected with its buckets. */
function tickOf(ticking: WeakRef<Ticking>): void {
  ticking.deref()?.tick()
}

/** The sweeping of one store. */
export interface Sweeper {
  /** Called with each new bucket. */
  inserted(): void
  /** Called before a step of the store, never within one, so that no bucket in hand is removed. Visits more buckets when the store is full. */
  sweepDue(now: Micros): void
  stop(): void
}

/** A sweeper over tables that may come and go. */
export function memorySweeper(tables: ReadonlyMap<string, MemoryTable>, tally: Tally, clock: Clock): Sweeper {
  const round = sweepRounds(tables)
  let timer: unknown

  const ticking: Ticking = {
    tick() {
      timer = undefined
      const before = tally.buckets
      const isOver = round.sweep(perTick, microsOf(clock))
      const isBusy = (before - tally.buckets) * 8 >= perTick
      // A bucket that comes now and then is full in between: were it hunted, it would be removed and made again and again.
      if (tally.buckets > 0) schedule(isOver ? idleMs : isBusy ? busyMs : calmMs)
    },
  }

  /** It refers to `ticking`, and `inserted` to it. So a store that can insert buckets can also sweep them. */
  function schedule(ms: number): void {
    if (timer !== undefined) return
    timer = host.setTimeout(tickOf, ms, new WeakRef(ticking))
    // A store must not keep a process alive. Browsers and workers have numbers for timers and no processes to keep.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  }

  return {
    inserted() {
      if (tally.buckets > few) tally.due += perInsert
      if (timer === undefined) schedule(idleMs)
    },
    sweepDue(now) {
      const count = tally.buckets >= tally.maxBuckets ? tally.due + whenFull : tally.due
      tally.due = 0
      if (count > 0) round.sweep(count, now)
    },
    stop() {
      if (timer !== undefined) host.clearTimeout(timer)
      timer = undefined
    },
  }
}

/** Visits the buckets of all tables in turn. */
function sweepRounds(tables: ReadonlyMap<string, MemoryTable>) {
  let left: Iterator<MemoryTable> | undefined
  let table: MemoryTable | undefined

  return {
    /** Looks at so many buckets, or at fewer where the round ends. Returns whether it has ended. */
    sweep(count: number, now: Micros): boolean {
      let rest = count
      while (rest > 0) {
        if (table === undefined) {
          left ??= tables.values()
          const next = left.next()
          if (next.done) {
            left = undefined
            return true
          }
          table = next.value
        }
        rest = sweepTable(table, rest, now, isExpired)
        if (rest > 0) table = undefined
      }
      return false
    },
  }
}

/**
 * Visits up to `count` buckets of a table, from where the last visit ended, and removes those that are expired.
 * @returns how many fewer it has visited, because it came to the end of a round
 */
export function sweepTable(
  table: MemoryTable,
  count: number,
  now: Micros,
  mayRemove: (table: MemoryTable, slot: number, now: Micros) => boolean,
): number {
  let left = count
  for (let passes = count * freePerVisit; left > 0 && passes > 0; passes--) {
    const slot = table.next()
    if (slot < 0) return left
    const key = table.pageOf(slot).keys[placeOf(slot)]
    if (key === undefined) continue
    left--
    if (mayRemove(table, slot, now)) table.drop(key, slot)
  }
  return 0
}

/** Whether a bucket may be removed. For nearly all buckets its page can tell; the others are read. */
function isExpired(table: MemoryTable, slot: number, now: Micros): boolean {
  const page = table.pageOf(slot)
  const at = placeOf(slot)
  const terms = termsAt(page, at)
  const { rule } = terms
  if (!startsFull(terms) || !canDecideInPlace(rule) || !isPlain(page, at, terms)) return canForget(table.read(slot), now)
  const last = page.numbers[at * 2 + 1]!
  return now >= last && page.numbers[at * 2]! <= rule.rate * (now - last)
}

/** Whether a bucket that is full again is as good as one never used. */
export function startsFull({ rule, initial }: Terms): boolean {
  return initial === rule.capacity
}

/** Whether time returns what is used at a steady rate, and two numbers are the whole state of a bucket. */
export function canDecideInPlace(rule: CountingRule): rule is SteadyRule {
  return bucketKind(rule).isSteady?.(rule) === true
}
