import { type LimiterEvent, memoryStore, type Store, surviveOutages, tokenBucket } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { limiterPool } from './limiter-pool.ts'

const limit = (name: string) => ({ name, by: () => 'all', rule: tokenBucket({ capacity: 9, per: '1h' }) })
const subject = { request: null, http: {} as never }

/** A pool of two limiters and one who listens to them; the second is made while they listen. */
function listened(store: Store) {
  const pool = limiterPool<null>({ store, onFault: 'throw', ipv6Prefix: 56 })
  const events: LimiterEvent[] = []
  const first = pool.limiterFor([limit('first')])
  const stop = pool.admin.observe((event) => events.push(event))
  const second = pool.limiterFor([limit('second')])
  return { events, first, second, stop }
}

describe('who listens to a guard', () => {
  test('hears of one outage once, though each of its limiters is told', async () => {
    const away: Store = { ...memoryStore(), sync: false, decide: () => Promise.reject(new Error('away')) }
    const { events, first } = listened(surviveOutages(away, { onOutage: 'allow' }))
    for (let i = 0; i < 3; i++) await first.consume(subject)
    expect(events.filter(({ type }) => type === 'outage')).toMatchObject([{ state: 'began' }])
  })

  test('hears what each limiter decides, until the listening stops', async () => {
    const { events, first, second, stop } = listened(memoryStore())
    const decisions = [await first.consume(subject), await second.consume(subject)]
    stop()
    await first.consume(subject)
    expect(events).toMatchObject(decisions.map((decision) => ({ type: 'decision', decision })))
  })
})

describe('two definitions of one name in a guard', () => {
  const byUser = () => 'ada'
  const enter = (...bys: readonly (() => string)[]) => {
    const pool = limiterPool<null>({ store: undefined, onFault: 'throw', ipv6Prefix: 56 })
    for (const by of bys) pool.limiterFor([{ ...limit('by user'), by }])
  }

  test('are compared by the functions of the application', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    enter(byUser, byUser)
    expect(warned).not.toHaveBeenCalled()
    enter(byUser, () => 'ada')
    expect(warned.mock.calls).toMatchObject([[expect.stringMatching(/^The limit by user/), { code: 'SLUICE_LIMIT_CLOSURES' }]])
    warned.mockRestore()
    expect(() => enter(byUser, () => 'bob')).toThrow('SLUICE_LIMIT_CONFLICT')
  })
})

test('operators reach the latest limiter of a name, whatever became of its route', async () => {
  const pool = limiterPool<null>({ store: undefined, onFault: 'throw', ipv6Prefix: 56 })
  for (let i = 0; i < 3; i++) await pool.limiterFor([limit('user')]).consume(subject)
  expect(await pool.admin.inspect('user', 'all')).toMatchObject({ remaining: 6 })
})

test('a list of limits has one limiter, also beside others that begin alike', () => {
  const pool = limiterPool<null>({ store: undefined, onFault: 'throw', ipv6Prefix: 56 })
  const [first, second] = [limit('first'), limit('second')]
  const alone = pool.limiterFor([first])
  const both = pool.limiterFor([first, second])
  expect([pool.limiterFor([first]), pool.limiterFor([first, second])]).toEqual([alone, both])
  expect(both).not.toBe(alone)
})
