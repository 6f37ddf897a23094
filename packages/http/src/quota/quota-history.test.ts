/** The last hour of a key: what its bucket lost, in the minutes in which it was lost. */
import { createLimiter, type LimiterEvent, memoryStore, type SyncLimiter, type SyncReservation, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quotaEndpoint } from './quota-endpoint.ts'
import { quotaHistory } from './quota-history.ts'

const rule = tokenBucket({ capacity: 20, per: '300d', mode: 'interval' })

function scene(options: { keys?: number } = {}) {
  const clock = manualClock(0)
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (name) => name, rule }], store: memoryStore({ clock }) })
  return { clock, limiter, history: quotaHistory(limiter, { clock, ...options }) }
}

test('says what was used and refused in each minute, and where the limit was near', () => {
  const { clock, limiter, history } = scene()
  limiter.consume('ann', { cost: 5 })
  clock.advance('2m')
  limiter.consume('ann', { cost: 12 })
  limiter.consume('ann', { cost: 4 })
  limiter.consume('bob')
  clock.advance('1m')
  expect(history.minutesOf('user', 'ann')).toEqual([
    { used: 5, refused: 0, near: false },
    { used: 0, refused: 0, near: false },
    { used: 12, refused: 1, near: true },
    { used: 0, refused: 0, near: false },
  ])
  expect(history.minutesOf('user', 'bob')?.map(({ used }) => used)).toEqual([0, 0, 1, 0])
})

/** Calls of three users, an estimate settled as often as not, and minutes that pass. */
const steps = fc.array(
  fc.record({
    user: fc.constantFrom('ann', 'bob', 'eve/1'),
    act: fc.constantFrom('consume', 'upTo', 'reserve', 'settle', 'cancel', 'wait'),
    units: fc.nat(9),
    which: fc.nat(9),
  }),
  { maxLength: 60 },
)

function play(
  limiter: SyncLimiter<string>,
  history: readonly { user: string; act: string; units: number; which: number }[],
  wait: () => void,
) {
  const open: SyncReservation[] = []
  for (const { user, act, units, which } of history) {
    if (act === 'consume') limiter.consume(user, { cost: units })
    else if (act === 'upTo') limiter.consumeUpTo(user, { atLeast: 1, atMost: units + 1 })
    else if (act === 'reserve') open.push(limiter.reserve(user, { cost: units }))
    else if (act === 'settle') open.splice(which, 1)[0]?.settle(units)
    else if (act === 'cancel') open.splice(which, 1)[0]?.cancel()
    else wait()
  }
}

test('over random calls, settlements and minutes, the minutes add up to what each bucket has lost and refused', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const { clock, limiter, history: hour } = scene()
      const refused = new Map<string, number>()
      limiter.observe((event: LimiterEvent) => {
        if (event.type !== 'decision' || event.decision.allowed) return
        const { key } = event.limits[0]!
        if (typeof key === 'string') refused.set(key, (refused.get(key) ?? 0) + 1)
      })
      let minutes = 0
      play(limiter, history, () => {
        if (minutes++ < 50) clock.advance('1m')
      })
      for (const user of ['ann', 'bob', 'eve/1']) {
        const known = hour.minutesOf('user', user) ?? []
        const status = limiter.inspect('user', user)
        // Debt counts as used.
        const lost = status === null ? 0 : 20 - status.remaining
        const used = known.reduce((sum, minute) => sum + minute.used, 0)
        expect(Math.min(20, used)).toBe(lost)
        expect(known.reduce((sum, minute) => sum + minute.refused, 0)).toBe(refused.get(user) ?? 0)
        expect(known.every((minute) => minute.used >= 0)).toBe(true)
      }
    }),
  )
})

test('a late settlement changes nothing, and units that could not be charged do not count', () => {
  const { clock, limiter } = scene()
  let publish: (event: LimiterEvent) => void = () => undefined
  const observe: typeof limiter.observe = (listener) => {
    publish = listener
    return limiter.observe(listener)
  }
  const history = quotaHistory({ observe }, { clock })
  limiter.consume('ann', { cost: 5 })
  const settled = { type: 'settled', limit: 'user', key: 'ann', estimated: 5, excess: 0, late: false } as const
  publish({ ...settled, actual: 2, late: true })
  expect(history.minutesOf('user', 'ann')?.[0]?.used).toBe(5)
  publish({ ...settled, actual: 9, excess: 3 })
  expect(history.minutesOf('user', 'ann')?.[0]?.used).toBe(6)
})

describe('is never invented', () => {
  test('of minutes before the start', () => {
    const { clock, limiter } = scene()
    limiter.consume('ann')
    clock.advance('10m')
    const late = quotaHistory(limiter, { clock })
    limiter.consume('ann')
    expect(late.minutesOf('user', 'ann')).toEqual([{ used: 1, refused: 0, near: false }])
  })

  test('of a limit without any decision, which may be one of another limiter', () => {
    const { limiter, history } = scene()
    expect(history.minutesOf('user', 'ann')).toBeUndefined()
    limiter.consume('bob')
    expect(history.minutesOf('user', 'ann')).toEqual([{ used: 0, refused: 0, near: false }])
    expect(history.minutesOf('other', 'ann')).toBeUndefined()
  })

  test('of a key that had to go, nor of any key that may have gone', () => {
    const { clock, limiter, history } = scene({ keys: 2 })
    limiter.consume('ann')
    limiter.consume('bob')
    clock.advance('5m')
    limiter.consume('bob')
    // `ann` was used least recently.
    limiter.consume('eve')
    expect(history.minutesOf('user', 'bob')).toHaveLength(6)
    expect(history.minutesOf('user', 'ann')).toEqual(Array(5).fill({ used: 0, refused: 0, near: false }))
    expect(history.minutesOf('user', 'eve')?.at(-1)).toEqual({ used: 1, refused: 0, near: false })
    limiter.consume('joe')
    expect([history.minutesOf('user', 'bob'), history.minutesOf('user', 'joe')]).toEqual([undefined, undefined])
  })

  test('of an undisclosed or a shadow limit', () => {
    const limits = (['disclose', 'shadow'] as const).map((name) => ({ name, by: (key: string) => key, rule, [name]: name === 'shadow' }))
    const limiter = createLimiter<string>({ limits })
    const history = quotaHistory(limiter)
    limiter.consume('ann')
    expect([history.minutesOf('disclose', 'ann'), history.minutesOf('shadow', 'ann')]).toEqual([undefined, undefined])
  })
})

test('has at most 60 minutes, however long it runs, and ends with the current one', () => {
  const { clock, limiter, history } = scene()
  for (let i = 0; i < 100; i++) {
    limiter.consume('ann', { cost: i % 2 })
    clock.advance('1m')
  }
  expect(history.minutesOf('user', 'ann')?.map(({ used }) => used)).toHaveLength(60)
  void history.close()
  limiter.consume('ann')
  expect(history.minutesOf('user', 'ann')?.at(-1)?.used).toBe(0)
})

test('a flood of keys keeps no more of them than it may', () => {
  const { limiter, history } = scene({ keys: 100 })
  for (let i = 0; i < 1000; i++) limiter.consume(`stranger ${i}`)
  const known = Array.from({ length: 1000 }, (_, i) => history.minutesOf('user', `stranger ${i}`)).filter(
    (minutes) => minutes !== undefined,
  )
  expect(known.length).toBeLessThanOrEqual(100)
})

test('stands in the answer of the quota endpoint for the keys of the caller, and of no other', async () => {
  const { limiter, history } = scene()
  limiter.consume('ann', { cost: 7 })
  const answer = quotaEndpoint<string, string>({ limiter, identify: (name) => name, history })
  const minutesOf = async (name: string): Promise<unknown> => JSON.parse((await answer(name, 'GET')).body).limits[0].history
  expect([await minutesOf('ann'), await minutesOf('bob')]).toEqual([
    [{ used: 7, refused: 0, near: false }],
    [{ used: 0, refused: 0, near: false }],
  ])
})

test.each([
  ['quotaHistory(source)', {}, {}],
  ['keys', { observe: () => () => undefined }, { keys: 0 }],
  ['clock', { observe: () => () => undefined }, { clock: 5 }],
])('does not start with a wrong %s', (option, source, options) => {
  expect(() => quotaHistory(source as never, options as never)).toThrow(option)
})

test('the endpoint does not start with what is no history', () => {
  const { limiter } = scene()
  expect(() => quotaEndpoint({ limiter, identify: () => 'ann', history: {} as never })).toThrow('history')
})
