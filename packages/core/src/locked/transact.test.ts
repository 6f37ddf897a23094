import { describe, expect, test, vi } from 'vitest'
import { rowsInMemory } from '../../test/rows-in-memory.ts'
import { ban } from '../bans/ban.ts'
import { createLimiter } from '../limiter/limiter.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { LimitFacts } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { mostBlocked } from './blocked-list.ts'
import { type LockedStoreOptions, lockedStore } from './locked-store.ts'
import { encodeRow } from './row-text.ts'
import type { DecideRows } from './transact.ts'

const start = Date.UTC(2026, 0, 1)
const rule = tokenBucket({ capacity: 3, per: '1h' })
const by = (key: string): string => key
const limits = [
  { name: 'user', by, rule },
  { name: 'app', by, rule },
]

/** A limiter on a store whose transactions are given, with an observer of its faults. */
function limiterOn(transaction: LockedStoreOptions['transaction'], options: Partial<LockedStoreOptions> = {}) {
  const clock = manualClock(start)
  const store = lockedStore({ transaction, processes: 1, timeout: '10s', onOutage: 'deny', clock, ...options })
  const causes: unknown[] = []
  store.watch?.((event) => event.type === 'outage' && causes.push(event.error.cause))
  return { limiter: createLimiter<string>({ store, limits }), store, clock, causes }
}

/** A transaction on one map. */
function onMap(
  rows: Map<string, string>,
  around: (decide: DecideRows) => DecideRows = (decide) => decide,
): LockedStoreOptions['transaction'] {
  return ({ lock, read }, decide) => {
    const found = [...lock, ...read].filter((key) => rows.has(key)).map((key) => ({ key, text: rows.get(key)! }))
    for (const { key, text } of around(decide)(found)) rows.set(key, text)
  }
}

describe('a transaction', () => {
  test('locks the row of each limit in ascending order, and reads their generations', async () => {
    const { store, table } = rowsInMemory()
    const terms = { rule, initial: 3, version: 0 }
    const facts = { shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
    const charges = ['user', 'app'].map((name) => ({ limit: { ...facts, name }, key: 'ann', terms, cost: 1 }))
    await store.decide({ action: 'consume', charges, undo: [], migrate: 'keepUsed' })
    await store.decide({ action: 'peek', charges, undo: [], migrate: 'keepUsed' })
    const own = ['bucket/app/ann', 'bucket/user/ann']
    const generations = ['generation/user', 'generation/app']
    expect(table.transactions).toEqual([
      { lock: own, read: generations },
      { lock: [], read: [...own, ...generations] },
    ])
    expect([...table.rows.keys()].sort()).toEqual(own)
  })

  test('keeps a state that people can read', async () => {
    const rows = new Map<string, string>()
    await limiterOn(onMap(rows)).limiter.consume('ann')
    const text = JSON.parse(rows.get('bucket/user/ann')!)
    expect(text).toMatchObject({ v: 1, bucket: { state: { last: start * 1000 }, terms: { rule: { kind: 'token-bucket', capacity: 3 } } } })
  })

  test('that is repeated charges once', async () => {
    const rows = new Map<string, string>()
    const twice =
      (decide: DecideRows): DecideRows =>
      (found) => {
        decide(found)
        return decide(found)
      }
    const { limiter } = limiterOn(onMap(rows, twice))
    expect((await limiter.consume('ann')).limits[0]?.remaining).toBe(2)
    const reservation = await limiter.reserve('ann', { cost: 2 })
    await reservation.settle(1)
    expect((await limiter.inspect('user', 'ann'))?.remaining).toBe(1)
  })

  test('is decided by the time of the database where it gives one', async () => {
    const rows = new Map<string, string>()
    let databaseMs = start
    const { limiter } = limiterOn(onMap(rows, (decide) => (found) => decide(found, databaseMs)))
    await limiter.consume('ann', { cost: 3 })
    expect((await limiter.consume('ann')).outcome).toBe('limited')
    databaseMs += 1_200_000
    expect((await limiter.consume('ann')).outcome).toBe('allowed')
  })

  test('that read a generation before it was reset decides by the generation of the rows', async () => {
    const rows = new Map<string, string>()
    const { limiter } = limiterOn(onMap(rows))
    await limiter.consume('ann')
    await limiter.resetAll('user')
    await limiter.consume('ann')
    rows.delete('generation/user')
    expect((await limiter.consume('ann')).limits[0]?.remaining).toBe(1)
  })
})

describe('an outage', () => {
  test.each<[string, LockedStoreOptions['transaction'], object]>([
    ['a transaction that fails', () => Promise.reject(new Error('away')), { message: 'away' }],
    ['a transaction that decides nothing', () => undefined, { code: 'SLUICE_STORE_TRANSACTION' }],
    ['a text that is no row', (_keys, decide) => decide([{ key: 'bucket/user/ann', text: 'no' }]), { code: 'SLUICE_STORE_ROW' }],
    ['a row of another version', (_keys, decide) => decide([{ key: 'bucket/user/ann', text: '{"v":2}' }]), { code: 'SLUICE_STORE_ROW' }],
    ['no list of rows', (_keys, decide) => decide({} as never), { code: 'SLUICE_STORE_ROW' }],
    ['a time that is none', (_keys, decide) => decide([], Number.NaN), { code: 'SLUICE_CLOCK' }],
  ])('comes of %s', async (_what, transaction, cause) => {
    const { limiter, causes } = limiterOn(transaction)
    for (let i = 0; i < 3; i++) expect((await limiter.consume('ann')).outcome).toBe('unavailable')
    expect(causes).toMatchObject([cause])
  })

  test('has the cause of the decision, whatever the database makes of it', async () => {
    const { limiter, causes } = limiterOn((_keys, decide) => {
      try {
        decide([{ key: 'bucket/user/ann', text: 'no' }])
      } catch {
        throw new Error('rolled back')
      }
    })
    for (let i = 0; i < 3; i++) await limiter.consume('ann')
    expect(causes).toMatchObject([{ code: 'SLUICE_STORE_ROW' }])
  })
})

describe('blocked keys', () => {
  const logins = { name: 'logins', by, rule, ban: ban({ after: 1, within: '1m', for: '5m' }) }

  /** A store whose list of blocked keys has no room, and a limiter on it. */
  function withFullList() {
    const keys = Object.fromEntries(Array.from({ length: mostBlocked }, (_, i) => [`user ${i}`, (start + 60_000) * 1000]))
    const rows = new Map([['blocked/logins', encodeRow('blocked', { generation: 0, keys })]])
    const { store, clock } = limiterOn(onMap(rows))
    const limiter = createLimiter<string>({ store, limits: [logins] })
    const listed = () => store.blocked({ name: 'logins' } as LimitFacts, 2)
    return { rows, clock, limiter, listed }
  }

  test('are so many at most that their list stays short', async () => {
    const { rows, limiter, listed } = withFullList()
    await expect(limiter.block('logins', 'ann', '1h')).rejects.toMatchObject({ code: 'SLUICE_BLOCKS_MANY' })
    expect(rows.has('bucket/logins/ann')).toBe(false)
    expect(await listed()).toHaveLength(2)
  })

  test('make room when their blocks end', async () => {
    const { clock, limiter, listed } = withFullList()
    clock.advance('2m')
    await limiter.block('logins', 'ann', '1h')
    expect(await listed()).toEqual([{ key: 'ann', blockedForMs: 3_600_000 }])
  })
})

test('a slot that was given back in another process is free, whatever that process knows of its kind', async () => {
  const rows = new Map<string, string>()
  const slots = [{ name: 'jobs', by, rule: concurrency({ capacity: 1 }) }]
  const stores = [0, 1].map(() => limiterOn(onMap(rows)).store)
  const [here] = stores.map((store) => createLimiter<string>({ store, limits: slots }))
  const terms = { rule: slots[0]!.rule, initial: 1, version: 0 }
  const limit = { name: 'jobs', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
  const { hold } = await stores[1]!.decide({
    action: 'reserve',
    charges: [{ limit, key: 'ann', terms, cost: 1 }],
    undo: [],
    migrate: 'keepUsed',
  })
  expect((await here!.reserve('ann')).decision.outcome).toBe('limited')
  await stores[0]!.settle(JSON.parse(JSON.stringify(hold)), [0])
  expect((await here!.reserve('ann')).decision.outcome).toBe('allowed')
})

test('a store of rows ends with its database', async () => {
  const close = vi.fn()
  await limiterOn(() => undefined, { close }).store.close()
  expect(close).toHaveBeenCalledOnce()
})

test.each<[string, object, string]>([
  ['without a transaction', {}, 'SLUICE_OPTION_TYPE'],
  ['whose transaction is no function', { transaction: 'BEGIN' }, 'SLUICE_OPTION_TYPE'],
  ['with an unknown option', { transaction: () => undefined, lock: true }, 'SLUICE_OPTION_UNKNOWN'],
  ['whose close is no function', { transaction: () => undefined, close: true }, 'SLUICE_OPTION_TYPE'],
])('a store of rows %s is a start-up error', (_what, options, code) => {
  expect(() => lockedStore({ processes: 1, ...options } as LockedStoreOptions)).toThrow(expect.objectContaining({ code }))
})
