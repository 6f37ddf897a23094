/** The log of a window beside the least model of it: a list of what counts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { waitsOf } from '../../../test/bucket-walk.ts'
import { contentOf, rules } from '../../../test/sliding-logs.ts'
import { type SlidingLogRule, slidingLogKind, slidingLogOf } from './sliding-log.ts'

const start = Date.UTC(2026, 0, 1) * 1000

/** What was admitted at one moment and still counts. */
interface Entry {
  readonly at: number
  units: number
}

interface Call {
  readonly wait: number
  readonly units: number
  /** Which of the earlier charges is given back; null for a charge, and -1 to give back units of no charge. */
  readonly back: number | null
}

/** What counts, one entry for each moment, oldest first: the least that a log can be. */
function modelOf(rule: SlidingLogRule) {
  const entryOf = (at: number): number => Math.floor(at / rule.tickUs) * rule.tickUs
  const countsUs = rule.periodUs + rule.tickUs - 1
  let entries: Entry[] = []
  const sum = (): number => entries.reduce((total, { units }) => total + units, 0)
  const keep = (): void => {
    entries = entries.filter(({ units }) => units > 0)
  }
  return {
    advance(now: number): void {
      entries = entries.filter(({ at }) => at > now - countsUs)
    },
    charge(now: number, units: number): boolean {
      if (sum() + units > rule.capacity) return false
      const own = entries.find(({ at }) => at === entryOf(now))
      if (own === undefined) entries.push({ at: entryOf(now), units })
      else own.units += units
      return true
    },
    giveBack(amount: number, chargedAt: number | undefined): void {
      let back = Math.min(amount, sum())
      const own = entries.find(({ at }) => chargedAt !== undefined && at === entryOf(chargedAt))
      for (const entry of own === undefined ? entries : [own, ...entries]) {
        const taken = Math.min(back, entry.units)
        entry.units -= taken
        back -= taken
      }
      keep()
    },
    /** Microseconds until a cost fits. */
    waitOf(now: number, cost: number): number {
      const ends = entries.map(({ at }) => at + countsUs - now)
      return [0, ...ends].find((wait) => sum() - unitsUpTo(entries, now + wait - countsUs) + cost <= rule.capacity)!
    },
    content: (): number[] => entries.flatMap(({ at, units }) => [at, units]),
    sum,
  }
}

const unitsUpTo = (entries: readonly Entry[], until: number): number =>
  entries.filter(({ at }) => at <= until).reduce((total, { units }) => total + units, 0)

test('is a list of what counts: over charges, and over what is given back of one or of the oldest', () => {
  const traces = rules.chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      calls: fc.array(
        fc.record<Call>({
          // Mostly short ones, so that many admissions count at the same time.
          wait: fc.oneof(
            { weight: 3, arbitrary: fc.constant(0) },
            { weight: 6, arbitrary: fc.nat(Math.ceil(rule.periodUs / 8)) },
            waitsOf(rule.periodUs),
          ),
          units: fc.integer({ min: 1, max: 4 }),
          back: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.integer({ min: -1, max: 5 }), fc.integer({ min: 0, max: 80 })),
        }),
        { minLength: 80, maxLength: 160 },
      ),
    }),
  )
  fc.assert(
    fc.property(traces, ({ rule, calls }) => {
      const model = modelOf(rule)
      const charges: number[] = []
      let state = slidingLogKind.lacking(0, start, rule)
      let now = start
      for (const { wait, units, back } of calls) {
        now += wait
        model.advance(now)
        state = slidingLogKind.advance(state, now, rule)
        if (back === null) {
          const step = slidingLogKind.decide(state, now, units, rule, rule.capacity)
          expect(step.admits).toBe(model.charge(now, units))
          if (step.admits) charges.push(now)
          state = step.after
        } else {
          const chargedAt = back < 0 ? undefined : charges.at(-1 - back)
          model.giveBack(units, chargedAt)
          state = slidingLogKind.giveBack(state, units, rule, chargedAt)
        }
        expect(state.used).toBe(model.sum())
        expect(state.log === undefined ? [] : contentOf(state)).toEqual(model.content())
        for (const cost of [1, Math.ceil(rule.capacity / 2), rule.capacity]) {
          expect(slidingLogKind.describe(state, now, cost, rule).retryUs ?? 0).toBe(model.waitOf(now, cost))
        }
      }
    }),
    { numRuns: 500 },
  )
})

test.each([1, 3, 40])('stays that list while entries that expired are removed, with %i at once', (most) => {
  const rule = slidingLogOf({ capacity: 50, refill: 50, perMs: 1000, periodUs: 1_000_000, tickUs: 1 })
  const model = modelOf(rule)
  let state = slidingLogKind.lacking(0, start, rule)
  for (let i = 0; i < 500; i++) {
    // A pause at times, in which all expires.
    const now = start + i * 23_000 + Math.floor(i / 100) * 2_000_000
    const units = 1 + (i % most)
    model.advance(now)
    const { admits, after } = slidingLogKind.decide(state, now, units, rule, rule.capacity)
    expect(admits).toBe(model.charge(now, units))
    state = after
    expect(contentOf(state)).toEqual(model.content())
  }
})
