/** Suite: a key that is struck too often is blocked, for longer each time, and operators see and lift it. */
import { banTerms } from '@sluice/core/internal'
import { ask, type Suite } from './scene.ts'

const ban = banTerms({ after: 3, within: '10s', for: '1m', factor: 2, atMost: '3m' }, 'user')
const { limit } = ask({ ban })

export const bansKeys: Suite = (play, expect) => {
  play('bans a key with the strike that is one too many, and not before', async ({ store, consume }) => {
    expect([await store.strike(limit, 'ann'), await store.strike(limit, 'ann')]).toEqual([null, null])
    expect((await consume({ ban })).allowed).toBe(true)
    expect(await store.strike(limit, 'ann')).toEqual({ level: 1, durationMs: 60_000 })
    expect((await consume({ ban })).limits[0]).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 60_000, blockedForMs: 60_000 })
  })

  play('lets a key go at the end of its ban, with the bucket that it had', async ({ store, consume, wait }) => {
    await consume({ ban, cost: 10 })
    for (let i = 0; i < 3; i++) await store.strike(limit, 'ann')
    await wait(59_999.999)
    expect((await consume({ ban })).limits[0]).toMatchObject({ allowed: false, retryAfterMs: 1, blockedForMs: 1 })
    await wait(0.001)
    const { allowed, limits } = await consume({ ban })
    expect([allowed, limits[0]!.remaining, limits[0]!.blockedForMs]).toEqual([true, 9, undefined])
  })

  play('counts the strikes of one period and no more, wherever it begins', async ({ store, wait }) => {
    await store.strike(limit, 'ann')
    await wait(9000)
    await store.strike(limit, 'ann')
    await wait(1000)
    expect(await store.strike(limit, 'ann')).toBe(null)
    await wait(7999.999)
    expect(await store.strike(limit, 'ann')).toEqual({ level: 1, durationMs: 60_000 })
  })

  play('counts nothing while a key is blocked, and prolongs no ban', async ({ store, wait, peek }) => {
    for (let i = 0; i < 3; i++) await store.strike(limit, 'ann')
    await wait(59_000)
    for (let i = 0; i < 10; i++) expect(await store.strike(limit, 'ann')).toBe(null)
    expect((await peek({ ban })).limits[0]).toMatchObject({ blockedForMs: 1000 })
    await wait(1000)
    expect([await store.strike(limit, 'ann'), await store.strike(limit, 'ann')]).toEqual([null, null])
  })

  play('counts nothing while an operator blocks a key', async ({ store, wait }) => {
    await store.block(limit, 'ann', 1000)
    for (let i = 0; i < 10; i++) expect(await store.strike(limit, 'ann')).toBe(null)
    await wait(1000)
    expect(await store.strike(limit, 'ann')).toBe(null)
  })

  play('bans for longer each time, up to the longest', async ({ store, wait }) => {
    const seen: unknown[] = []
    for (let i = 0; i < 5; i++) {
      await store.strike(limit, 'ann')
      await store.strike(limit, 'ann')
      const brought = await store.strike(limit, 'ann')
      seen.push([brought!.level, brought!.durationMs])
      await wait(brought!.durationMs)
    }
    expect(seen).toEqual([
      [1, 60_000],
      [2, 120_000],
      [3, 180_000],
      [3, 180_000],
      [3, 180_000],
    ])
  })

  play('forgets one earlier ban each time that the longest passes without one', async ({ store, wait }) => {
    const strikeOut = async (): Promise<unknown> => {
      await store.strike(limit, 'ann')
      await store.strike(limit, 'ann')
      return (await store.strike(limit, 'ann'))!.level
    }
    expect(await strikeOut()).toBe(1)
    await wait(60_000)
    expect(await strikeOut()).toBe(2)
    await wait(120_000 + 180_000)
    expect(await strikeOut()).toBe(2)
    await wait(120_000 + 2 * 180_000)
    expect(await strikeOut()).toBe(1)
  })

  play('bans once for so many strikes that come at the same time', async ({ store }) => {
    const brought = await Promise.all(Array.from({ length: 40 }, () => store.strike(limit, 'ann')))
    expect(brought.filter((one) => one !== null)).toEqual([{ level: 1, durationMs: 60_000 }])
  })

  play('bans one key of one limit, and none of a limit without bans', async ({ store, consume }) => {
    for (let i = 0; i < 3; i++) await store.strike(limit, 'ann')
    expect((await consume({ ban, key: 'bob' })).allowed).toBe(true)
    for (let i = 0; i < 9; i++) expect(await store.strike({ ...limit, name: 'app', ban: undefined }, 'ann')).toBe(null)
    expect((await consume({ limit: 'app' })).allowed).toBe(true)
  })

  play('lists who is blocked, the longest first, until it is over', async ({ store, wait }) => {
    for (let i = 0; i < 3; i++) await store.strike(limit, '\u0000n7;')
    await store.block(limit, 'bob', 90_000)
    await store.block(limit, '\ud800 {c}', 30_000)
    await store.block({ ...limit, name: 'app' }, 'dan', 99_000)
    expect(await store.blocked(limit, 10)).toEqual([
      { key: 'bob', blockedForMs: 90_000 },
      { key: '\u0000n7;', blockedForMs: 60_000 },
      { key: '\ud800 {c}', blockedForMs: 30_000 },
    ])
    await wait(59_999.5)
    expect(await store.blocked(limit, 10)).toMatchObject([{ key: 'bob' }, { blockedForMs: 1 }])
    expect(await store.blocked(limit, 1)).toMatchObject([{ key: 'bob' }])
    await wait(30_000.5)
    expect(await store.blocked(limit, 10)).toEqual([])
  })

  for (const way of ['lifted', 'reset']) {
    play(`a key that is ${way} is blocked no more, and begins anew`, async ({ store, consume }) => {
      for (let i = 0; i < 3; i++) await store.strike(limit, 'ann')
      await (way === 'lifted' ? store.block(limit, 'ann', 0) : store.reset(limit, 'ann'))
      expect(await store.blocked(limit, 10)).toEqual([])
      expect((await consume({ ban })).allowed).toBe(true)
      for (let i = 0; i < 2; i++) expect(await store.strike(limit, 'ann')).toBe(null)
      expect(await store.strike(limit, 'ann')).toEqual({ level: 1, durationMs: 60_000 })
    })
  }

  play('lifting a ban that is not there forgets the strikes', async ({ store }) => {
    for (let i = 0; i < 2; i++) await store.strike(limit, 'ann')
    await store.block(limit, 'ann', 0)
    expect(await store.strike(limit, 'ann')).toBe(null)
  })
}
