/** The place of a waiting call: what goes before it is what is sent before it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dimension } from '../mirror/dimension.ts'
import { createCallQueue } from './call-queue.ts'
import type { WaitingCall } from './waiting-call.ts'

const second = 1_000_000
const callers = ['ann', 'bob', 'eve', undefined]

/** Arrivals, and calls that leave before they are sent. */
const history = fc.array(
  fc.record({
    caller: fc.constantFrom(...callers),
    lane: fc.nat(1),
    again: fc.boolean(),
    share: fc.integer({ min: 1, max: 1000 }),
    leaves: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 60 },
)

function callOf(
  order: number,
  { caller, lane, again, share }: { caller: string | undefined; lane: number; again: boolean; share: number },
) {
  const call: WaitingCall = {
    caller,
    lane,
    share,
    order,
    rank: again ? 0 : 1,
    since: order,
    costs: [share],
    state: 'waiting',
    grant: () => undefined,
    refuse: () => undefined,
  }
  return call
}

test('the first call of each caller is sent after as many calls as were counted before it', () => {
  fc.assert(
    fc.property(history, fc.boolean(), (arrivals, isInFlight) => {
      const queue = createCallQueue([dimension({ capacity: 1_000_000, windowUs: second, transitUs: 0 })], 2, 100)
      const calls = arrivals.map((arrival, i) => callOf(i, arrival))
      for (const [i, call] of calls.entries()) {
        queue.add(call, () => ({ now: 0, used: 0 }))
        if (arrivals[i]!.leaves === 0) queue.remove(call)
      }
      // A mirror that has not answered yet has the first calls.
      const heads = isInFlight ? queue.takeHeads(2, 4) : []
      const places = callers.flatMap((name) => {
        const first = name === undefined ? undefined : queue.firstOf(name)
        if (first === undefined) return []
        const waiting = calls.filter(({ caller, state }) => caller === name && state !== 'gone').length
        expect(first.waiting).toBe(waiting)
        return [{ call: first.call, before: queue.aheadOf(first.call, []) }]
      })
      queue.giveBack(heads)
      const sent: WaitingCall[] = []
      for (let [head] = queue.takeHeads(1, 1); head !== undefined; [head] = queue.takeHeads(1, 1)) {
        queue.granted(head, 0)
        sent.push(head)
      }
      for (const { call, before } of places) {
        const at = sent.indexOf(call)
        const units = sent.slice(0, at).reduce((sum, { share }) => sum + share, 0)
        expect([before[1], sent.findIndex(({ caller }) => caller === call.caller)]).toEqual([at, at])
        // The units of a lane count by the part of its calls that go before.
        expect(before[0]! > 0).toBe(units > 0)
      }
      for (const name of ['ann', 'bob', 'eve']) expect(queue.firstOf(name)).toBeUndefined()
    }),
  )
})

test.each([25, 35, 511])('of %i calls each place is exact', (size) => {
  const queue = createCallQueue([dimension({ capacity: 1_000_000, windowUs: second, transitUs: 0 })], 1, 1000)
  const calls = Array.from({ length: size }, (_, i) => callOf(i, { caller: undefined, lane: 0, again: false, share: 1 }))
  for (const call of calls) queue.add(call, () => ({ now: 0, used: 0 }))
  expect(calls.map((call) => queue.aheadOf(call, [])[1])).toEqual(calls.map((_, i) => i))
})

test('of a queue of 10,000 calls the place is an estimate near the truth', () => {
  const queue = createCallQueue([dimension({ capacity: 100_000_000, windowUs: second, transitUs: 0 })], 1, 100)
  const calls = Array.from({ length: 10_000 }, (_, i) =>
    callOf(i, { caller: i === 5_000 ? 'ann' : undefined, lane: 0, again: false, share: 1 }),
  )
  for (const call of calls) queue.add(call, () => ({ now: 0, used: 0 }))
  const { call, waiting } = queue.firstOf('ann')!
  expect([call, waiting]).toEqual([calls[5_000], 1])
  expect(Math.abs(queue.aheadOf(call, [])[1]! - 5_000)).toBeLessThan(500)
})
