/** Several keys against models of their provider, while keys come, go and are evicted. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixedProvider, type Provider, slidingProvider } from '../../test/provider-models.ts'
import { fakeClock, fakeTime, pass } from '../../test/provider-scene.ts'
import { egressRefusalOf } from '../refusal.ts'
import { createKeyPool, type KeyPool } from './key-pool.ts'
import type { KeyOptions, Tier } from './pool-options.ts'

fakeTime()

const transitMs = 50
const windowMs = 1000

interface Story {
  readonly capacity: readonly [requests: number, tokens: number]
  /** Group and tier of each key. A group has the tier of its first key. */
  readonly keys: readonly { readonly group: number; readonly tier: Tier }[]
  readonly calls: readonly {
    readonly afterMs: number
    readonly tokens: number
    readonly used: number
    readonly way: number
    readonly tookMs: number
    readonly isPro: boolean
  }[]
  readonly changes: readonly {
    readonly atMs: number
    readonly what: 'add' | 'drain' | 'remove' | 'evict' | 'restore'
    readonly key: number
  }[]
  readonly overflow: boolean
  /** Phase of the windows of the provider; `undefined` for sliding windows. */
  readonly phaseMs: number | undefined
}

const stories: fc.Arbitrary<Story> = fc.record({
  capacity: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 20, max: 60 })),
  keys: fc.array(fc.record({ group: fc.nat({ max: 2 }), tier: fc.constantFrom<Tier>('shared', 'dedicated') }), {
    minLength: 1,
    maxLength: 5,
  }),
  calls: fc.array(
    fc.record({
      afterMs: fc.oneof(fc.constant(0), fc.nat({ max: 150 })),
      tokens: fc.nat({ max: 20 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      way: fc.double({ min: 0, max: 1, noNaN: true }),
      tookMs: fc.nat({ max: 400 }),
      isPro: fc.boolean(),
    }),
    { minLength: 5, maxLength: 40, size: 'max' },
  ),
  changes: fc.array(
    fc.record({
      atMs: fc.nat({ max: 3000 }),
      what: fc.constantFrom('add' as const, 'drain' as const, 'remove' as const, 'evict' as const, 'restore' as const),
      key: fc.nat({ max: 4 }),
    }),
    { maxLength: 8, size: 'max' },
  ),
  overflow: fc.boolean(),
  phaseMs: fc.option(fc.nat({ max: windowMs }), { nil: undefined }),
})

/** Plays a story. Nothing of it happens in real time. */
async function play({ capacity: [requests, tokens], keys, calls, changes, overflow, phaseMs }: Story) {
  const tiers = new Map<number, Tier>()
  for (const { group, tier } of keys) if (!tiers.has(group)) tiers.set(group, tier)
  const optionsOf = (group: number, label: string): KeyOptions => ({
    label,
    secret: `sk-${label}`,
    group: `org-${group}`,
    tier: tiers.get(group) ?? 'shared',
  })
  const groupOf = new Map<string, number>()
  const named = keys.map(({ group }, i) => {
    groupOf.set(`key-${i}`, group)
    return optionsOf(group, `key-${i}`)
  })
  const pool = createKeyPool({
    name: 'llm',
    limits: { requests: { capacity: requests, per: windowMs }, tokens: { capacity: tokens, per: windowMs } },
    transit: `${transitMs}ms`,
    clock: fakeClock(),
    queue: { wait: '1h' },
    keys: named,
    tier: (caller) => (caller === 'pro' ? 'dedicated' : 'shared'),
    overflow,
  })
  const limits = [requests, tokens].map((capacity) => ({ capacity, windowUs: windowMs * 1000 }))
  const models = [0, 1, 2].map((): Provider => (phaseMs === undefined ? slidingProvider(limits) : fixedProvider(limits, phaseMs * 1000)))
  const seen = { limited: 0, served: 0, without: 0, other: [] as unknown[] }
  const startMs = Date.now()
  const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  async function send(call: Story['calls'][number], id: number): Promise<void> {
    const units = [1, call.tokens]
    const actual = [1, Math.floor(call.tokens * call.used)]
    const permit = await pool.acquire({ cost: { tokens: call.tokens }, caller: call.isPro ? 'pro' : undefined })
    const model = models[groupOf.get(permit.key!)!]!
    await waitMs(call.way * transitMs)
    if (!model.arrive(id, Date.now() * 1000, units)) seen.limited += 1
    await waitMs(call.tookMs)
    model.finish(id, Date.now() * 1000, actual)
    permit.settle({ tokens: actual[1]! })
    seen.served += 1
  }

  const ended = calls.map(async (call, id) => {
    await waitMs(calls.slice(0, id + 1).reduce((sum, { afterMs }) => sum + afterMs, 0))
    await send(call, id).catch((error: unknown) => {
      if (egressRefusalOf(error)?.code === 'SLUICE_EGRESS_KEYS') seen.without += 1
      else seen.other.push(error)
    })
  })
  const changed = changes.map(async ({ atMs, what, key }, i) => {
    await waitMs(atMs)
    const label = pool.snapshot().keys[key]?.label
    if (what === 'add') {
      groupOf.set(`new-${i}`, key % 3)
      pool.add(optionsOf(key % 3, `new-${i}`))
    } else if (label !== undefined) await change(pool, what, label)
  })
  await pass(6000)
  // What lost its last key goes on with one that comes.
  const groups = [...tiers].map(([group]) => group)
  for (const group of groups) {
    groupOf.set(`last-${group}`, group)
    pool.add(optionsOf(group, `last-${group}`))
  }
  await pass(120_000)
  await Promise.all([...ended, ...changed])
  await pool.close()
  return { ...seen, calls: calls.length, left: pool.snapshot(), tookMs: Date.now() - startMs }
}

async function change(pool: KeyPool, what: 'drain' | 'remove' | 'evict' | 'restore', label: string): Promise<void> {
  if (what === 'evict') {
    const permit = await pool.acquire({ deadlineMs: 0 }).catch(() => undefined)
    permit?.observe({}, 401)
    permit?.cancel()
  } else await pool[what](label)
}

test('no window of any account ever holds more than its capacity, and no call is lost while keys come and go', async () => {
  let served = 0
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { limited, other, without, calls, left, ...seen } = await play(story)
      expect({ limited, other }).toEqual({ limited: 0, other: [] })
      expect(seen.served + without).toBe(calls)
      expect(left).toMatchObject({ waiting: 0, inFlight: 0 })
      served += seen.served
    }),
    { numRuns: 150 },
  )
  expect(served).toBeGreaterThan(1000)
}, 120_000)
