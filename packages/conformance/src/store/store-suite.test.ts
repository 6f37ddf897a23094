import { memoryStore, type Store } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import { describeStore } from './store-suite.ts'

/** The sentences of the suite that do not hold for a store. */
async function broken(breaks: (store: Store) => Partial<Store>): Promise<string[]> {
  const running: Promise<string[]>[] = []
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (sentence: string, body: () => Promise<void>) =>
      void running.push(
        body().then(
          () => [],
          () => [sentence],
        ),
      ),
    expect,
  }
  describeStore(runner, 'a broken store', () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    return { store: { ...store, ...breaks(store) }, setNowUs: clock.setUs, dispose: () => store.close() }
  })
  return (await Promise.all(running)).flat()
}

test('a right store passes every sentence', async () => {
  expect(await broken(() => ({}))).toEqual([])
})

test.each<[what: string, breaks: (store: Store) => Partial<Store>, sentence: RegExp]>([
  ['charges for a peek', (store) => ({ decide: (call) => store.decide({ ...call, action: 'consume' }) }), /a peek decides/],
  [
    'forgets the order of its limits',
    (store) => ({ decide: (call) => store.decide({ ...call, charges: call.charges.toReversed() }) }),
    /a cost of its own/,
  ],
  ['ignores the earlier stages', (store) => ({ decide: (call) => store.decide({ ...call, undo: [] }) }), /returns the first stage/],
  ['always keeps what was used', (store) => ({ decide: (call) => store.decide({ ...call, migrate: 'keepUsed' }) }), /^reset: 80 used/],
  ['never settles', () => ({ settle: () => ({ first: true, excess: [] }) }), /replaces 4 units by the 0/],
  ['settles again and again', (store) => ({ settle: (hold, actual) => store.settle({ ...hold }, actual) }), /counts the first settlement/],
  [
    'settles whatever its age',
    (store) => ({ settle: (hold, actual) => store.settle(Object.assign(hold, { renewedAt: 4e15 }), actual) }),
    /leaves 6 units as they are when 0/,
  ],
  ['refunds nothing', () => ({ refund: () => undefined }), /a refund of 2/],
  ['never forgets', () => ({ reset: () => undefined }), /forgets a bucket/],
  ['never forgets all', () => ({ resetAll: () => undefined }), /forgets all buckets/],
  ['blocks no key', () => ({ block: () => undefined }), /refuses a blocked key/],
  ['sees nothing', () => ({ inspect: () => null }), /shows how a bucket stands/],
])('a store that %s is found out', async (_, breaks, sentence) => {
  expect(await broken(breaks)).toContainEqual(expect.stringMatching(sentence))
})
