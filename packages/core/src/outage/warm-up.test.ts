/** The first calls wait for the first connection, within their own time. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answered, consume, scene } from '../../test/outage-scene.ts'
import type { StoreEvent } from '../limiter-event.ts'
import { guardStore } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A store that is silent while it connects, and the events of its wrapper. */
function connecting() {
  const { store, be } = scene()
  let isConnecting = true
  be('silent')
  const { guarded } = guardStore(store, { processes: 1, timeout: '100ms' }, { isConnecting: () => isConnecting })
  const events: StoreEvent[] = []
  guarded.watch!((event) => events.push(event))
  const connected = (): void => {
    isConnecting = false
    be('well')
  }
  return { guarded, events, connected }
}

test('calls before the first connection are answered within one timeout, and begin no outage', async () => {
  const { guarded, events, connected } = connecting()
  const first = Array.from({ length: 20 }, () => guarded.decide(consume(0)))
  await vi.advanceTimersByTimeAsync(101)
  connected()
  for (const verdict of first) expect(await verdict).toMatchObject({ decidedBy: 'local' })
  expect(events).toEqual([])
  expect(await answered(guarded.decide(consume(1)))).toMatchObject({ decidedBy: 'store' })
})

test('a store that still connects after the first timeout is an outage', async () => {
  const { guarded, events } = connecting()
  for (let i = 0; i < 5; i++) {
    const verdict = guarded.decide(consume(0))
    await vi.advanceTimersByTimeAsync(101)
    expect(await verdict).toMatchObject({ decidedBy: 'local' })
    expect(events).toMatchObject(i < 3 ? [] : [{ type: 'outage', state: 'began' }])
  }
})
