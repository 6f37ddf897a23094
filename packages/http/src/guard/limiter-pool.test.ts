import { type LimiterEvent, memoryStore, type Store, surviveOutages, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
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
    expect(events).toEqual(decisions.map((decision) => ({ type: 'decision', decision })))
  })
})
