import { expect, test } from 'vitest'
import { fakeClock, fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import { sharedClock } from './shared-clock.ts'

fakeTime()

test.each([
  // The first call after the step finds the clock 0.3 s ahead, which stands still for so long.
  ['forward by 0.3 s', 300, 304],
  // A mirror whose clock has lost 0.3 s waits for so much longer.
  ['back by 0.3 s', -300, 552],
])('a clock of the store that steps %s lets no call go early, and none is lost', async (_, stepMs, waitedMs) => {
  let aheadMs = 0
  const store = sharedMirror({ nowMs: () => fakeClock().nowMs() + aheadMs }, 1)
  const provider = providerOf({ limits: { requests: { capacity: 1, per: '1s' } }, store })
  const { ends, call } = outcomes(provider)
  void call()
  await pass(500)
  aheadMs = stepMs
  await pass(350)
  void call()
  await pass(2000)
  expect(ends).toEqual([2, expect.any(Number)])
  expect(Math.abs((ends[1] as number) - waitedMs)).toBeLessThanOrEqual(5)
})

test('a step is seen from a round trip and a millisecond on, and a slow answer is none', () => {
  const clock = sharedClock()
  const at = (ms: number): number => 10 ** 12 + ms * 1000
  const answers = (ms: number, tookMs: number, aheadMs: number): boolean => clock.accepts(at(ms + aheadMs), ms - 1, ms + tookMs, undefined)
  expect([answers(0, 1, 0), answers(100, 1, 0), answers(200, 400, 0)]).toEqual([true, true, true])
  expect([answers(700, 1, 2), answers(800, 1, 5)]).toEqual([true, false])
  expect(clock.known(900)).toMatchObject({ stepped: true, now: at(702), leastUs: 199_000 })
})
