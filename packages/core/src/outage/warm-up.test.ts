/** The first calls wait for the first connection before their own time begins. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answered, consume, scene } from '../../test/outage-scene.ts'
import { decorateStore } from '../decorate-store.ts'
import type { Store } from '../store.ts'
import { guardStore } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a call waits for the connection, and then has its whole timeout', async () => {
  const it = scene()
  it.be({ lateMs: 80 })
  let warming: Promise<void> | undefined = new Promise((resolve) => setTimeout(resolve, 80)).then(() => {
    warming = undefined
  })
  const connected = warming
  const decide: Store['decide'] = (call) => connected!.then(() => it.survivor.decide(call))
  const { guarded } = guardStore(decorateStore(it.survivor, { decide }), { processes: 1, timeout: '100ms' }, { warmUp: () => warming })
  // 80 ms for the connection and 80 ms for the answer are more than one timeout.
  const verdicts = [guarded.decide(consume(1)), guarded.decide(consume(1))]
  await vi.advanceTimersByTimeAsync(170)
  for (const verdict of verdicts) expect(await verdict).toMatchObject({ decidedBy: 'store' })
  expect(await answered(guarded.decide(consume(0)))).toMatchObject({ decidedBy: 'store' })
})
