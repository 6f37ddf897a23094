import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ProcessFigures } from './figures.ts'
import { createLiveView, viewParts } from './live-view.ts'
import type { LiveViewOptions } from './sources.ts'

const rule = tokenBucket({ capacity: 3, per: '1h' })

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000_500 }))
afterEach(() => void vi.useRealTimers())

function userLimiter() {
  return createLimiter<string>({
    limits: [{ name: 'user', by: (id) => id, rule, nearAt: 0.6 }],
    store: memoryStore({ clock: manualClock() }),
  })
}

function open(options: LiveViewOptions) {
  const view = createLiveView(options)
  onTestFinished(() => view.close())
  return view
}

describe('with other processes', () => {
  /** One place that two views share, as one Redis would be. */
  function place() {
    const texts = new Map<string, string>()
    const state = { isAway: false, texts }
    const check = (): void => {
      if (state.isAway) throw new Error('connect ECONNREFUSED')
    }
    return {
      state,
      shared: {
        async publish(id: string, text: string) {
          check()
          texts.set(id, text)
        },
        async collect() {
          check()
          return [...texts.values()]
        },
      },
    }
  }

  test('the figures of all are added up, and keys of another process can be named', async () => {
    const { shared } = place()
    const limiters = [userLimiter(), userLimiter()]
    const views = limiters.map((limiter) => open({ limiters: [limiter], keys: 'plain', shared }))
    for (let i = 0; i < 5; i++) for (const limiter of limiters) limiter.consume('ann')
    limiters[1]!.consume('bob')
    await vi.advanceTimersByTimeAsync(1000)
    await viewParts(views[0]!)!.refresh()
    expect(views[0]!.state()).toMatchObject({ processes: 2, decisions: 11, refused: 4, refusals: 4 })
    expect(views[0]!.state().limits).toEqual([{ name: 'user', admitted: 7, near: 4, refused: 4, shadow: 0 }])
    expect(views[0]!.state().keys).toMatchObject([{ label: 'ann', count: 4 }])
  })

  test('where nothing can be published or read the view says why, and shows this process', async () => {
    const { shared, state } = place()
    const limiter = userLimiter()
    const view = open({ limiters: [limiter], shared })
    state.isAway = true
    limiter.consume('ann')
    await vi.advanceTimersByTimeAsync(1000)
    await viewParts(view)!.refresh()
    expect(view.state()).toMatchObject({ processes: 1, alone: 'connect ECONNREFUSED', decisions: 1 })
    state.isAway = false
    await vi.advanceTimersByTimeAsync(1000)
    await viewParts(view)!.refresh()
    expect(view.state()).toMatchObject({ alone: null })
  })

  test('what is no figures of this release is left out', async () => {
    const { shared, state } = place()
    const view = open({ limiters: [userLimiter()], shared })
    state.texts.set('a', 'no JSON').set('b', '{"form":0,"figures":{"id":"b"}}').set('c', '{"form":1}')
    await viewParts(view)!.refresh()
    expect(view.state().processes).toBe(1)
    await vi.advanceTimersByTimeAsync(1000)
    const published = [...state.texts.values()].at(-1)!
    state.texts.set('d', published.replace(/"id":"[^"]*"/, '"id":"d"'))
    await viewParts(view)!.refresh()
    expect([view.state().processes, (JSON.parse(published) as { figures: ProcessFigures }).figures.decisions]).toEqual([2, 0])
  })

  test('a view without limiters, stores and providers watches the others, and is none of them', async () => {
    const { shared, state } = place()
    const limiter = userLimiter()
    open({ limiters: [limiter], shared })
    const watching = open({ shared })
    for (let i = 0; i < 4; i++) limiter.consume('ann')
    await vi.advanceTimersByTimeAsync(1000)
    await watching.refresh()
    expect(watching.state()).toMatchObject({ processes: 1, decisions: 4, refused: 1 })
    expect(state.texts.size).toBe(1)
  })

  test('round trips of all are added up', async () => {
    const { shared } = place()
    const stores = [{ usage: () => ({ scripts: 10, calls: 40 }) }, { usage: () => ({ buckets: 3, maxBuckets: 9, overflowing: [] }) }]
    const [first] = [1, 2].map(() => open({ stores, shared }))
    await vi.advanceTimersByTimeAsync(1000)
    await first!.refresh()
    expect(first!.state()).toMatchObject({ callsInRoundTrip: 4, usage: [{ buckets: 3 }, { buckets: 3 }] })
  })
})
