import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { operatorsScene, seenViewer } from '../../test/operators-scene.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000_500 }))
afterEach(() => void vi.useRealTimers())

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)

test('a viewer gets everything at first, and then each second what has changed', async () => {
  const { watch, limiter } = operatorsScene()
  const { seen } = await watch()
  expect(seen.events).toMatchObject([
    { name: 'whole', data: { parts: { heading: expect.any(String) }, series: { admitted: expect.any(Array) } } },
  ])
  for (let i = 0; i < 4; i++) limiter.consume('mallory')
  await pass(1)
  expect(seen.events[1]).toMatchObject({
    name: 'update',
    data: {
      second: 1_000_000_001,
      admitted: 3,
      refused: 1,
      limits: { 'per-user': [3, 1] },
      parts: { limits: expect.stringContaining('per-user') },
    },
  })
  expect(JSON.stringify(seen.events)).not.toContain('mallory')
  await pass(30)
  expect(seen.events).toHaveLength(32)
  // Nothing differs any more.
  expect(seen.events.at(-1)!.data).toMatchObject({ admitted: 0, limits: {}, parts: {} })
})

test('an update is written once, whatever the number of viewers', async () => {
  const { watch } = operatorsScene()
  const sent: Uint8Array[] = []
  for (let i = 0; i < 3; i++) {
    const { seen } = await watch()
    seen.send = (bytes) => sent.push(bytes)
  }
  await pass(1)
  expect([sent.length, new Set(sent).size]).toEqual([3, 1])
})

test('a viewer that is behind gets nothing, then everything, and after ten seconds it is dropped', async () => {
  const { watch } = operatorsScene()
  const [slow, stuck] = [await watch(), await watch()]
  slow.seen.isBehind = true
  stuck.seen.isBehind = true
  await pass(3)
  expect(slow.seen.events).toHaveLength(1)
  slow.seen.isBehind = false
  await pass(2)
  expect(slow.seen.events.map(({ name }) => name)).toEqual(['whole', 'whole', 'update'])
  await pass(6)
  expect([slow.seen.hasEnded, stuck.seen.hasEnded, stuck.seen.events.length]).toEqual([false, true, 1])
})

test('a viewer whose right ends loses the stream within ten seconds, and so does one whose right cannot be found out', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const operators = new Set(['ann', 'bob', 'cid'])
  const { watch } = operatorsScene({
    authorize({ who }) {
      if (who === 'bob' && !operators.has('bob')) throw new Error('sessions are away')
      return operators.has(who!) ? who : null
    },
  })
  const [ann, bob, cid] = [await watch('ann'), await watch('bob'), await watch('cid')]
  operators.delete('ann')
  operators.delete('bob')
  await pass(9)
  expect([ann, bob, cid].map(({ seen }) => seen.hasEnded)).toEqual([false, false, false])
  await pass(1)
  expect([ann, bob, cid].map(({ seen }) => [seen.hasEnded, seen.events.at(-1)!.name])).toEqual([
    [true, 'ended'],
    [true, 'ended'],
    [false, 'update'],
  ])
  const before = ann.seen.events.length
  await pass(5)
  expect(ann.seen.events).toHaveLength(before)
  vi.restoreAllMocks()
})

test('one that has hung up is let go, nothing runs without viewers, and the end of the view ends all streams', async () => {
  const { watch, view, limiter } = operatorsScene()
  const bans = vi.spyOn(limiter, 'bans')
  const [left, gone, last] = [await watch(), await watch(), await watch()]
  left.leave()
  gone.seen.isGone = true
  await pass(1)
  expect([left, gone, last].map(({ seen }) => [seen.hasEnded, seen.events.length])).toEqual([
    [true, 1],
    [true, 1],
    [false, 2],
  ])
  view.close()
  expect(last.seen.hasEnded).toBe(true)
  bans.mockClear()
  await pass(60)
  expect(bans).not.toHaveBeenCalled()
})

test('more than a thousand pages are refused', async () => {
  const { ask } = operatorsScene()
  const { stream } = await ask('GET', '/?stream')
  const leaves = Array.from({ length: 1000 }, () => stream!(seenViewer()))
  expect((await ask('GET', '/?stream')).status).toBe(503)
  leaves[0]!()
  expect((await ask('GET', '/?stream')).status).toBe(200)
})
