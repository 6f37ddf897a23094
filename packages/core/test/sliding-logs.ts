/** Windows with a log for tests: random rules, and what a log holds. */
import fc from 'fast-check'
import type { BucketState } from '../src/kind.ts'
import { type SlidingLogRule, slidingLogOf } from '../src/rules/sliding-window/sliding-log.ts'

/** Small windows, exact ones and some with slots. */
export const rules: fc.Arbitrary<SlidingLogRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 12 }),
    periodUs: fc.oneof(fc.constantFrom(1000, 1_000_000), fc.integer({ min: 1000, max: 9999 })),
    slots: fc.option(fc.integer({ min: 2, max: 7 })),
  })
  .map(({ capacity, periodUs, slots }) =>
    slidingLogOf({
      capacity,
      refill: capacity,
      perMs: Math.floor(periodUs / 1000),
      periodUs,
      tickUs: slots === null ? 1 : Math.ceil(periodUs / slots),
    }),
  )

/** Times and units of the admissions that count, in turn. */
export function contentOf({ used, log }: BucketState): number[] {
  const { entries, length, total } = log!
  const content: number[] = []
  for (let i = 0; i < length; i += 2) {
    const units = (i + 2 < length ? entries[i + 3]! : total) - Math.max(entries[i + 1]!, total - used)
    if (units > 0) content.push(entries[i]!, units)
  }
  return content
}
