/** How often a process asks its shared mirror: each question is a call to Redis. */
import { expect, test } from 'vitest'
import { fakeClock, fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import type { Ask } from '../mirror/mirror.ts'
import type { MirrorStore } from './options.ts'

fakeTime()

/** A mirror that is a millisecond away, and the questions that it was asked. */
function countedMirror(): { store: MirrorStore; questions: Ask[] } {
  const shared = sharedMirror(fakeClock(), 1)
  const questions: Ask[] = []
  const store: MirrorStore = {
    open(provider, rules) {
      const mirror = shared.open(provider, rules)
      return {
        ...mirror,
        take(ask) {
          questions.push(ask)
          return mirror.take(ask)
        },
      }
    },
  }
  return { store, questions }
}

const minute = { requests: { capacity: 2, per: '1m' }, tokens: { capacity: 1000, per: '1m' } } as const

test('a call that used what it had booked ends without a question, though other calls wait for the windows', async () => {
  const { store, questions } = countedMirror()
  const { call } = outcomes(providerOf({ store, limits: minute, queue: { wait: '5m' } }))
  const permits = Promise.all([call({ cost: { tokens: 10 } }), call({ cost: { tokens: 10 } })])
  await pass(10)
  for (let i = 0; i < 10; i++) void call({ cost: { tokens: 10 } })
  await pass(10)
  const before = questions.length
  for (const permit of await permits) permit!.settle({ tokens: 10 })
  await pass(10)
  expect(questions).toHaveLength(before)
})

test('units that come back are told with the next question', async () => {
  const { store, questions } = countedMirror()
  const { call } = outcomes(providerOf({ store, limits: minute }))
  const first = call({ cost: { tokens: 500 } })
  await pass(10)
  ;(await first)!.settle({ tokens: 100 })
  await pass(10)
  expect(questions).toHaveLength(1)
  void call({ cost: { tokens: 500 } })
  await pass(10)
  expect(questions.map(({ settles }) => settles.map(({ back }) => back))).toEqual([[], [[0, 400]]])
})

test.each([
  ['1m', 500],
  ['6s', 51],
] as const)('without another question, units that come back in a window of %s are told after %i ms', async (per, ms) => {
  const { store, questions } = countedMirror()
  const { call } = outcomes(providerOf({ store, limits: { tokens: { capacity: 1000, per } } }))
  const first = call({ cost: { tokens: 500 } })
  await pass(10)
  ;(await first)!.settle({ tokens: 100 })
  await pass(ms - 1)
  expect(questions).toHaveLength(1)
  await pass(1)
  expect(questions.flatMap(({ settles }) => settles.map(({ back }) => back))).toEqual([[400]])
})

test('a provider that is closed still tells what came back', async () => {
  const { store, questions } = countedMirror()
  const provider = providerOf({ store, limits: minute })
  const first = outcomes(provider).call({ cost: { tokens: 500 } })
  await pass(10)
  ;(await first)!.settle({ tokens: 100 })
  await provider.close()
  expect(questions.flatMap(({ settles }) => settles.map(({ back }) => back))).toEqual([[0, 400]])
})
