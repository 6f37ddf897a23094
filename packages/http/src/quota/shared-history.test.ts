import { createLimiter, type Limiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { quotaEndpoint } from './quota-endpoint.ts'
import { quotaHistory } from './quota-history.ts'
import type { SharedHistory, SharedMinute, WrittenMinute } from './shared-history.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** What a server keeps, as long as it is there. */
function sharedInMemory() {
  const written = new Map<string, WrittenMinute>()
  const state = { isAway: false, isSilent: false, sizes: [] as number[], whileWriting: () => undefined as unknown }
  const answer = async <T>(what: T): Promise<T> => {
    if (state.isSilent) return new Promise<never>(() => undefined)
    if (state.isAway) throw new Error('away')
    return what
  }
  const shared: SharedHistory = {
    async write(minutes) {
      await answer(undefined)
      state.sizes.push(minutes.length)
      state.whileWriting()
      for (const minute of minutes) written.set(`${minute.name} ${minute.at} ${minute.writer}`, minute)
    },
    async read(name) {
      const minutes: SharedMinute[] = [...written.values()].filter((minute) => minute.name === name)
      const since = Math.min(...[...written.values()].map(({ at }) => at))
      return answer(written.size === 0 ? undefined : { since, minutes })
    },
  }
  return { shared, state }
}

function processes(count: number, options: { keys?: number } = {}) {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const rule = tokenBucket({ capacity: 10, per: '1h' })
  const { shared, state } = sharedInMemory()
  const all = Array.from({ length: count }, () => {
    const limiter = createLimiter<string>({ store, limits: [{ name: 'user', by: (user) => user, rule }] })
    return { limiter, history: quotaHistory(limiter, { ...options, clock, shared }) }
  })
  return { clock, state, all }
}

const second = () => vi.advanceTimersByTimeAsync(1000)

describe('processes with one history', () => {
  test('each know what all of them have used and refused', async () => {
    const { clock, all } = processes(2)
    const [one, other] = all as [(typeof all)[0], (typeof all)[0]]
    for (let i = 0; i < 4; i++) one.limiter.consume('ada')
    other.limiter.consume('ada', { cost: 5 })
    clock.advance(60_000)
    other.limiter.consume('ada', { cost: 9 })
    one.limiter.consume('bob')
    await second()
    const minutes = [
      { used: 9, refused: 0, near: true },
      { used: 0, refused: 1, near: true },
    ]
    expect(await one.history.minutesOf('user', 'ada')).toEqual(minutes)
    expect(await other.history.minutesOf('user', 'ada')).toEqual(minutes)
  })

  test('write what a settlement corrects', async () => {
    const { all } = processes(1)
    const { limiter, history } = all[0]!
    const reservation = limiter.reserve('ada', { cost: 8 })
    await second()
    expect(await history.minutesOf('user', 'ada')).toEqual([{ used: 8, refused: 0, near: true }])
    reservation.settle(3)
    await second()
    expect(await history.minutesOf('user', 'ada')).toEqual([{ used: 3, refused: 0, near: true }])
  })

  test('lose nothing where one forgets a key and counts it again in the same minute', async () => {
    const { all } = processes(1, { keys: 1 })
    const { limiter, history } = all[0]!
    limiter.consume('ada')
    limiter.consume('bob')
    limiter.consume('ada')
    await second()
    expect(await history.minutesOf('user', 'ada')).toEqual([expect.objectContaining({ used: 2 })])
  })

  test('have none while it cannot be read, and write later what could not be written', async () => {
    const { state, all } = processes(1)
    const { limiter, history } = all[0]!
    limiter.consume('ada')
    state.isAway = true
    await second()
    limiter.consume('ada')
    await second()
    expect(await history.minutesOf('user', 'ada')).toBe(undefined)
    state.isAway = false
    expect(await history.minutesOf('user', 'ada')).toBe(undefined)
    await second()
    expect(await history.minutesOf('user', 'ada')).toEqual([{ used: 2, refused: 0, near: false }])
    state.isSilent = true
    const reading = history.minutesOf('user', 'ada')
    await second()
    expect(await reading).toBe(undefined)
  })

  test('write once a second, however much is decided, and not at all where nothing is', async () => {
    const { state, all } = processes(1)
    for (let i = 0; i < 100; i++) all[0]!.limiter.consume(`user ${i}`)
    for (let i = 0; i < 5; i++) await second()
    expect(state.sizes).toEqual([100])
  })

  test('write a thousand minutes at once, and what changes meanwhile a second later', async () => {
    const { state, all } = processes(1)
    for (let i = 0; i < 2500; i++) all[0]!.limiter.consume(`user ${i}`)
    state.whileWriting = () => all[0]!.limiter.consume('user 0')
    await second()
    expect(state.sizes).toEqual([1000, 1000, 500])
    state.whileWriting = () => undefined
    await second()
    expect(state.sizes).toEqual([1000, 1000, 500, 1])
    expect(await all[0]!.history.minutesOf('user', 'user 0')).toEqual([expect.objectContaining({ used: 4 })])
  })

  test('write the rest when they close, and nothing after that', async () => {
    const { state, all } = processes(1)
    const { limiter, history } = all[0]!
    limiter.consume('ada')
    await history.close()
    limiter.consume('ada')
    await second()
    expect(state.sizes).toEqual([1])
    expect(await history.minutesOf('user', 'ada')).toEqual([expect.objectContaining({ used: 1 })])
  })

  test('say nothing of a limit without any decision', async () => {
    const { all } = processes(1)
    all[0]!.limiter.consume('ada')
    await second()
    expect(await all[0]!.history.minutesOf('other', 'ada')).toBe(undefined)
  })
})

test('a caller waits for no history while the store is away: nothing would show it', async () => {
  const { state, all } = processes(1)
  const { limiter, history } = all[0]!
  limiter.consume('ada')
  state.isSilent = true
  const away: Pick<Limiter<string>, 'peek'> = { peek: (user, options) => ({ ...limiter.peek(user, options), decidedBy: 'local' as const }) }
  const answer = quotaEndpoint<string, string>({ limiter: away, identify: (user) => user, history })
  expect(JSON.parse((await answer('ada', 'GET')).body)).toEqual({ version: 1, state: 'unknown', retryAfterMs: null, limits: [] })
})

test.each([[{}], [3], [{ write: () => Promise.resolve() }]])('refuses %o in place of a shared history', (shared) => {
  const limiter = { observe: () => () => undefined }
  expect(() => quotaHistory(limiter, { shared: shared as never })).toThrow(
    expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', facts: expect.objectContaining({ option: 'shared' }) }),
  )
})
