import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createLimiter, memoryStore } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { follow, limits, policy } from '../test/follow-scene.ts'
import { followPolicy } from './follow-policy.ts'
import type { PolicySource } from './policy-source.ts'

function writable(text: string): PolicySource & { write(next: string): void } {
  let now = text
  let notify = (): void => undefined
  return {
    read: async () => now,
    watch(changed) {
      notify = changed
      return () => {
        notify = () => undefined
      }
    },
    write(next) {
      now = next
      notify()
    },
  }
}

describe('following a policy', () => {
  test('lays the document over the limits of the code, and its version on every decision', async () => {
    const { limiter, following } = await follow(writable(policy('3', 10)))
    const decision = await limiter.consume('a')
    expect([decision.policyVersion, following.version]).toEqual(['3', '3'])
    expect(decision.limits.map(({ name, capacity, remaining }) => [name, capacity, remaining])).toEqual([
      ['api', 10, 9],
      ['app', 50, 49],
    ])
  })

  test('applies a change and keeps what was used', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events, latest } = await follow(source)
    await limiter.consume('a', { cost: 8 })
    source.write(policy('2', 20))
    await latest({ type: 'policy', state: 'applied', version: '2', migrate: 'keepUsed' })
    expect((await limiter.peek('a')).limits[0]).toMatchObject({ capacity: 20, remaining: 12 })
    expect(events).toHaveLength(2)
  })

  test('keeps the documents that were in force, the latest first, and none that was refused', async () => {
    const source = writable(policy('1', 10))
    const { following, latest } = await follow(source)
    source.write(policy('2', 20))
    await latest({ version: '2', state: 'applied' })
    source.write(policy('1', 30))
    await latest({ version: '2', state: 'refused' })
    source.write(`${policy('2', 20)} `)
    for (let version = 3; version < 25; version++) {
      source.write(policy(String(version), version))
      await new Promise(setImmediate)
    }
    await latest({ version: '24', state: 'applied' })
    expect(following.history.map(({ document }) => Number(document.version))).toEqual(Array.from({ length: 20 }, (_, i) => 24 - i))
    expect(following.history[0]).toMatchObject({ document: { limits: { api: {} } }, sinceMs: expect.any(Number) })
  })

  test('takes what is used beyond a smaller capacity as debt, and mints nothing on the way back', async () => {
    const source = writable(policy('1', 100))
    const { limiter, latest } = await follow(source)
    await limiter.consume('a', { cost: { api: 80, app: 1 } })
    source.write(policy('2', 50))
    await latest({ version: '2' })
    expect((await limiter.consume('a')).limits[0]).toMatchObject({ allowed: false, capacity: 50, remaining: 0, resetAfterMs: 80 * 72_000 })
    source.write(policy('3', 100))
    await latest({ version: '3' })
    expect((await limiter.peek('a')).limits[0]).toMatchObject({ remaining: 20 })
  })

  test('goes back to the code in whatever a later document leaves out', async () => {
    const source = writable(policy('1', 10))
    const { limiter, latest } = await follow(source)
    source.write('{ "version": "2", "limits": { "app": { "disclose": false } } }')
    await latest({ version: '2' })
    expect((await limiter.peek('a')).limits).toMatchObject([
      { capacity: 100, disclose: true },
      { capacity: 50, disclose: false },
    ])
  })

  test('refuses a bad document with an event, a count and the reason, and goes on with the old one', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events, following, latest } = await follow(source)
    source.write(policy('2', 20).slice(0, 40))
    await latest({ state: 'refused', version: '1', error: { code: 'SLUICE_POLICY' } })
    expect(await limiter.peek('a')).toMatchObject({ policyVersion: '1', limits: [{ capacity: 10 }, {}] })
    expect(following).toMatchObject({ version: '1', refused: 1, refusal: { code: 'SLUICE_POLICY' } })
    source.write(policy('3', 30))
    await latest({ state: 'applied', version: '3' })
    expect(following).toMatchObject({ version: '3', refused: 1, refusal: undefined })
    expect(events).toHaveLength(3)
  })

  test('tells of one bad document once, however often it is looked at', async () => {
    const source = writable(policy('1', 10))
    const { events, following, latest } = await follow(source)
    source.write('{')
    await latest({ state: 'refused' })
    source.write('{')
    await new Promise(setImmediate)
    source.write('{ ')
    await expect.poll(() => following.refused).toBe(2)
    source.write(policy('2', 20))
    await latest({ state: 'applied', version: '2' })
    expect(events.map(({ state }) => state)).toEqual(['applied', 'refused', 'refused', 'applied'])
  })

  test('publishes what becomes of documents, and refusals as faults too, where metrics count them', async () => {
    const policies: unknown[] = []
    const faults: unknown[] = []
    const onPolicy = (event: unknown): unknown => policies.push(event)
    const onFault = (event: unknown): unknown => faults.push(event)
    subscribe('sluice:policy', onPolicy)
    subscribe('sluice:fault', onFault)
    const source = writable(policy('1', 10))
    const { latest } = await follow(source)
    source.write('')
    await latest({ state: 'refused' })
    unsubscribe('sluice:policy', onPolicy)
    unsubscribe('sluice:fault', onFault)
    expect(policies).toMatchObject([{ state: 'applied' }, { state: 'refused' }])
    expect(faults).toMatchObject([{ type: 'fault', limit: null, error: { code: 'SLUICE_POLICY' } }])
  })

  test('refuses a limit that the code does not have, and applies no other part of the document', async () => {
    const source = writable(policy('1', 10))
    const { limiter, latest } = await follow(source)
    const stranger = { api: { rule: { tokenBucket: { capacity: 20, per: '1h' } } }, ip: {} }
    source.write(JSON.stringify({ version: '2', limits: stranger }))
    await latest({ state: 'refused', error: { code: 'SLUICE_POLICY' } })
    expect((await limiter.peek('a')).limits[0]?.capacity).toBe(10)
  })

  test('refuses a version that lies before the one in force', async () => {
    const source = writable(policy('5', 10))
    const { limiter, latest } = await follow(source)
    source.write(policy('4', 20))
    const reason = expect.stringContaining('lower than "5", the one in force. Raise it')
    await latest({ state: 'refused', error: { code: 'SLUICE_POLICY', facts: { reason }, cause: { code: 'SLUICE_VERSION_LOWER' } } })
    expect((await limiter.peek('a')).policyVersion).toBe('5')
  })

  test('refuses another document with the version in force, and takes the same one written otherwise', async () => {
    const source = writable(policy('5', 10))
    const { events, latest } = await follow(source)
    source.write(policy('5', 20))
    await latest({ state: 'refused', error: { facts: { line: 1, column: 12, reason: expect.stringContaining('raise the version') } } })
    source.write(JSON.stringify(JSON.parse(policy('5', 10)), null, 2))
    source.write(policy('6', 20))
    await latest({ state: 'applied', version: '6' })
    expect(events).toHaveLength(3)
  })

  test('refuses what conflicts with another limiter on the store, and names the cause', async () => {
    const store = memoryStore()
    const [one, _other] = [createLimiter<string>({ limits, store }), createLimiter<string>({ limits, store })]
    const source = writable(policy('1', 10))
    await expect(followPolicy({ limiter: one, limits, source })).rejects.toMatchObject({
      code: 'SLUICE_POLICY',
      cause: { code: 'SLUICE_LIMIT_CONFLICT' },
    })
    expect((await one.peek('a')).limits[0]?.capacity).toBe(100)
  })

  test('measures everything and refuses nothing while the document says shadow', async () => {
    const { limiter } = await follow(writable(policy('1', 1, { shadow: true })))
    await limiter.consume('a')
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, limits: [{ shadow: true, allowed: false }, { shadow: true }] })
  })

  test('fails at the start if the first document is bad, for then nothing good is in force', async () => {
    await expect(follow(writable('{'))).rejects.toMatchObject({ code: 'SLUICE_POLICY' })
    const gone: PolicySource = { read: async () => await Promise.reject(new Error('gone')), watch: () => () => undefined }
    await expect(follow(gone)).rejects.toMatchObject({ code: 'SLUICE_POLICY_SOURCE', facts: { reason: 'gone' } })
    const rude: PolicySource = {
      read() {
        throw new Error('at once')
      },
      watch: () => () => undefined,
    }
    await expect(follow(rude)).rejects.toMatchObject({ code: 'SLUICE_POLICY_SOURCE', facts: { reason: 'at once' } })
  })

  test('applies nothing once it has been stopped, not even what it was reading', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events, following } = await follow(source)
    source.write(policy('2', 20))
    following.stop()
    source.write(policy('3', 30))
    await new Promise(setImmediate)
    expect((await limiter.peek('a')).policyVersion).toBe('1')
    expect(events).toHaveLength(1)
  })

  test('finds what changed between its first look and the watching', async () => {
    const documents = [policy('1', 10), policy('2', 20)]
    const { latest } = await follow({ read: async () => documents.shift() ?? policy('2', 20), watch: () => () => undefined })
    await latest({ state: 'applied', version: '2' })
  })
})
