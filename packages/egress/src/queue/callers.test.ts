/** The callers that a queue knows: bounded, however many names there are. */
import { expect, test } from 'vitest'
import { dimension } from '../mirror/dimension.ts'
import { createCallers, wholeShare } from './callers.ts'

const second = 1_000_000
const most = 3
const callersOf = (): ReturnType<typeof createCallers> =>
  createCallers(dimension({ capacity: wholeShare, windowUs: 10 * second, transitUs: 100_000 }), most)

test('no more callers are known than there is room for, and one that uses nothing of its window any more makes room', () => {
  const callers = callersOf()
  for (const name of ['ann', 'bob', 'eve']) callers.spend(callers.of(name, 0)!, 0, 1000)
  expect(callers.of('mallory', 0)).toBeUndefined()
  expect(callers.of('ann', 0)).toBe(callers.get('ann'))
  callers.spend(callers.of('ann', 9 * second)!, 9 * second, 1000)
  expect(callers.of('mallory', 12 * second)).toBeDefined()
  expect(['ann', 'bob', 'eve', 'mallory'].map((name) => callers.get(name) !== undefined)).toEqual([true, false, false, true])
})

test('a million strangers are turned away without the known callers being read for each of them', () => {
  const callers = callersOf()
  let reads = 0
  const inLine = {
    get() {
      reads += 1
      return 1
    },
  }
  for (const name of ['ann', 'bob', 'eve']) Object.defineProperty(callers.of(name, 0)!, 'inLine', inLine)
  for (let i = 0; i < 1_000_000; i++) callers.of(`stranger ${i}`, i)
  expect(reads).toBeGreaterThan(0)
  expect(reads).toBeLessThan(1000)
})
