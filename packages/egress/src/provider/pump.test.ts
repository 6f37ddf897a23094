/** How a process speaks with a mirror that is a way off. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { fakeClock, fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import type { MirrorStore } from './options.ts'

fakeTime()

/** A shared mirror that counts the questions, and how many are asked at the same time. */
function countedMirror(oneWayMs: number) {
  const counts = { questions: 0, asking: 0, mostAsking: 0 }
  const shared = sharedMirror(fakeClock(), oneWayMs)
  const store: MirrorStore = {
    open(name, rules) {
      const mirror = shared.open(name, rules)
      return {
        ...mirror,
        async take(ask) {
          counts.questions += 1
          counts.asking += 1
          counts.mostAsking = Math.max(counts.mostAsking, counts.asking)
          try {
            return await mirror.take(ask)
          } finally {
            counts.asking -= 1
          }
        },
      }
    },
  }
  return { store, counts }
}

test('calls that wait for the same window are no herd: one timer, one question at a time, and no more questions than calls', async () => {
  const { store, counts } = countedMirror(2)
  const provider = providerOf({ store, limits: { requests: { capacity: 100, per: '10s' } }, shape: 'soonest', queue: { wait: '1m' } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 300; i++) void call().then((permit) => permit?.settle())
  await pass(5000)
  // One alarm of the provider; the deadlines of the calls are in the same list.
  expect(vi.getTimerCount()).toBe(1)
  await pass(25_000)
  expect(ends.filter((end) => typeof end === 'number')).toHaveLength(300)
  expect(counts.mostAsking).toBe(1)
  expect(counts.questions).toBeLessThan(100)
})

test('a process that is late books its calls anew, and warns that `transit` is too short when that does not help', async () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => emit.mockRestore())
  const provider = providerOf({ name: 'distant', store: countedMirror(40).store, transit: '100ms' })
  const { ends, call } = outcomes(provider)
  await Promise.all([call(), pass(1000)])
  expect(ends).toEqual([320])
  expect(emit.mock.calls.map(([, options]) => (options as { code: string }).code)).toContain('SLUICE_EGRESS_TRANSIT')
  expect(emit.mock.calls.map(([message]) => message)).toContainEqual(expect.stringMatching(/distant are sent 80 ms after .* 100 ms/))
})

test.each([
  ...[0, 1, 19, 20, 39, 40, 41, 60].map((ms) => [ms, 20] as const),
  // The first of the two is booked anew, because its process is late.
  ...[79, 81, 150, 239].map((ms) => [ms, 40] as const),
])(
  'a call that is aborted after %i ms, %i ms from its mirror, rejects with its reason, and keeps neither slot nor quota',
  async (ms, oneWayMs) => {
    const provider = providerOf({ store: countedMirror(oneWayMs).store, concurrency: 1, queue: { wait: '1m' } })
    const { ends, call } = outcomes(provider)
    const stop = new AbortController()
    void call({ signal: stop.signal }).then((permit) => permit?.cancel())
    void call({ signal: stop.signal }).then((permit) => permit?.cancel())
    await pass(ms)
    stop.abort(new Error('gone'))
    await pass(500)
    expect(ends.filter((end) => end === 'gone')).toHaveLength(ends.filter((end) => typeof end !== 'number').length)
    expect(ends).toContain('gone')
    expect(provider.snapshot()).toMatchObject({ waiting: 0, inFlight: 0 })
    for (let i = 0; i < 2; i++) void call().then((permit) => permit?.settle())
    await pass(1000)
    expect(ends.slice(2)).toEqual([expect.any(Number), expect.any(Number)])
  },
)
