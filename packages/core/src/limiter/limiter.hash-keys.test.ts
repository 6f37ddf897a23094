import { describe, expect, test } from 'vitest'
import { ban } from '../bans/ban.ts'
import type { Key, ListedKey } from '../key.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'

const rule = tokenBucket({ capacity: 2, per: '1h' })
const secret = 'sk-of-ada'

function hashing(by: (subject: Key) => Key = (subject) => subject) {
  const memory = memoryStore({ clock: manualClock() })
  const texts: string[] = []
  const { decide } = memory
  const store = Object.assign(memory, {
    decide(call: Parameters<typeof decide>[0]) {
      texts.push(...call.charges.map(({ key }) => key))
      return decide(call)
    },
  })
  const limit = { name: 'key', by, rule, hashKey: true, ban: ban({ after: 1, within: '1h', for: '1h' }) }
  const limiter = createLimiter<Key>({ store, limits: [limit] })
  const events: LimiterEvent[] = []
  limiter.observe((event) => events.push(event))
  return { limiter, events, texts }
}

const hash = { hashed: expect.stringMatching(/^h[0-9a-f]{64}$/) }

describe('a limit with `hashKey`', () => {
  test('keeps the hashes of its keys alone: in the store, in events and in lists', () => {
    const { limiter, events, texts } = hashing()
    const reservation = limiter.reserve(secret)
    reservation.settle(2)
    for (let i = 0; i < 3; i++) limiter.consume(secret)
    const keys = events.flatMap((event) =>
      'key' in event ? [event.key] : event.type === 'decision' ? event.limits.map(({ key }) => key) : [],
    )
    expect(keys).toEqual(keys.map(() => hash))
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['decision', 'settled', 'ban']))
    expect(limiter.bans('key')).toMatchObject([{ key: hash }])
    expect(JSON.stringify([events, texts, limiter.bans('key')])).not.toContain(secret)
  })

  test('is administered by the key itself, and by its hash as it is listed', () => {
    for (const key of [secret, ['eu', 7, 7n, true, secret]] as const) {
      const { limiter } = hashing()
      limiter.consume(key)
      limiter.block('key', key, '1m')
      const [listed] = limiter.bans('key')
      for (const named of [key, listed!.key] as ListedKey[])
        expect(limiter.inspect('key', named)).toMatchObject({ remaining: 0, blockedForMs: 60_000 })
      limiter.block('key', listed!.key, 0)
      expect(limiter.inspect('key', key)).toMatchObject({ remaining: 1 })
      limiter.reset('key', listed!.key)
      expect(limiter.inspect('key', key)).toBeNull()
    }
  })

  test('has a bucket for each key: parts keep their types and their places, and a long part is hashed once', () => {
    const long = 'x'.repeat(300)
    const keys: Key[] = ['1', 1, 1n, true, ['1', '2'], ['12'], ['1', 2], '', [], long, ['1', long], `h${'0'.repeat(64)}`]
    const { limiter, texts } = hashing()
    for (const key of keys) limiter.consume(key)
    expect(new Set(texts).size).toBe(keys.length)
    for (const key of keys) expect(limiter.inspect('key', key)).toMatchObject({ remaining: 1 })
    const plain = createLimiter<string>({ limits: [{ name: 'plain', by: (id) => id, rule }] })
    plain.block('plain', long, '1m')
    limiter.block('key', long, '1m')
    expect(limiter.bans('key').map(({ key }) => key)).toEqual(plain.bans('plain').map(({ key }) => key))
  })

  test('takes true or false', () => {
    const wrong = { name: 'key', by: () => 'all', rule, hashKey: 'yes' as never }
    expect(() => createLimiter({ limits: [wrong] })).toThrow('SLUICE_OPTION_TYPE: key.hashKey')
  })
})
