import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Deferred, deferred } from '../testing/deferred.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { cached } from './cached.ts'

/** Waits for the end of a call, whatever that is. */
async function ended(answer: unknown): Promise<void> {
  await Promise.resolve(answer).catch(() => undefined)
}

/** Calls, answers, failures and time in any order, on a clock that the test moves. */
test('any history stays within its bounds, and a hung key is looked up again after its time', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('call' as const), key: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constantFrom('resolve' as const, 'reject' as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant('forget' as const), key: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 50, 100, 1000, 5000, 20_000) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const time = manualClock()
      const requests: (Deferred<number> & { key: number; atMs: number; over: boolean })[] = []
      const units = cached(
        (key: number) => {
          const answer = deferred<number>()
          requests.push({ key, atMs: time.nowMs(), over: false, ...answer })
          return answer.promise
        },
        { ttl: '100ms', stale: 0, max: 3, functionTimeout: '5s', clock: time },
      )
      for (const one of steps) {
        if (one.do === 'call') {
          const before = requests.length
          void ended(units(one.key))
          const started = requests.length - before
          const open = requests.filter(({ over, atMs }) => !over && time.nowMs() - atMs < 5000)
          expect(started).toBeLessThanOrEqual(1)
          expect(open.length).toBeLessThanOrEqual(3)
          expect(open.filter(({ key }) => key === one.key).length).toBeLessThanOrEqual(3)
        } else if (one.do === 'advance') time.advance(one.ms)
        else if (one.do === 'forget') units.forget(one.key)
        else if (requests[one.at] !== undefined) {
          requests[one.at]!.over = true
          requests[one.at]![one.do](one.at)
          await new Promise(setImmediate)
        }
      }
      // All that is in flight is over by then, and so is every pause.
      time.advance(20_000)
      const before = requests.length
      void ended(units(0))
      expect(requests.length).toBe(before + 1)
    }),
    { numRuns: 200 },
  )
})
