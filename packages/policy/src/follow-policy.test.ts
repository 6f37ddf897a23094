import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLimiter, type Limit, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { followPolicy, type PolicyEvent } from './follow-policy.ts'
import { policyFile } from './policy-file.ts'
import type { PolicySource } from './policy-source.ts'

const limits: Limit<string>[] = [
  { name: 'api', by: () => 'all', rule: tokenBucket({ capacity: 100, per: '1h' }) },
  { name: 'app', by: (app) => app, rule: tokenBucket({ capacity: 50, per: '1h' }) },
]

function policy(version: string, capacity: number, more: object = {}): string {
  return JSON.stringify({ version, ...more, limits: { api: { rule: { tokenBucket: { capacity, per: '1h' } } } } })
}

function writable(text: string): PolicySource & { write(next: string): void } {
  let now = text
  let told = (): void => undefined
  return {
    read: async () => now,
    watch(changed) {
      told = changed
      return () => {
        told = () => undefined
      }
    },
    write(next) {
      now = next
      told()
    },
  }
}

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function follow(source: PolicySource): Promise<{ limiter: ReturnType<typeof createLimiter<string>>; events: PolicyEvent[] }> {
  const limiter = createLimiter<string>({ limits, store: memoryStore({ clock: manualClock() }) })
  const events: PolicyEvent[] = []
  stops.push(await followPolicy({ limiter, limits, source, observe: (event) => events.push(event) }))
  return { limiter, events }
}

describe('following a policy', () => {
  test('lays the document over the limits of the code, and its version on every decision', async () => {
    const { limiter } = await follow(writable(policy('3', 10)))
    const decision = await limiter.consume('a')
    expect(decision.policyVersion).toBe('3')
    expect(decision.limits.map(({ name, capacity, remaining }) => [name, capacity, remaining])).toEqual([
      ['api', 10, 9],
      ['app', 50, 49],
    ])
  })

  test('applies a change and keeps what was used', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events } = await follow(source)
    await limiter.consume('a', { cost: 8 })
    source.write(policy('2', 20))
    await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'policy', state: 'applied', version: '2' }))
    expect((await limiter.peek('a')).limits[0]).toMatchObject({ capacity: 20, remaining: 12 })
  })

  test('refuses a bad document with an event, and goes on with the old one', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events } = await follow(source)
    source.write(policy('2', 20).slice(0, 40))
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ state: 'refused', error: { code: 'SLUICE_POLICY' } }))
    expect(await limiter.peek('a')).toMatchObject({ policyVersion: '1', limits: [{ capacity: 10 }, {}] })
  })

  test('refuses a limit that the code does not have, and applies no other part of the document', async () => {
    const source = writable(policy('1', 10))
    const { limiter, events } = await follow(source)
    const stranger = { api: { rule: { tokenBucket: { capacity: 20, per: '1h' } } }, ip: {} }
    source.write(JSON.stringify({ version: '2', limits: stranger }))
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ state: 'refused', error: { code: 'SLUICE_POLICY' } }))
    expect((await limiter.peek('a')).limits[0]?.capacity).toBe(10)
  })

  test('refuses a version that lies before the one in force', async () => {
    const source = writable(policy('5', 10))
    const { limiter, events } = await follow(source)
    source.write(policy('4', 20))
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ state: 'refused', error: { code: 'SLUICE_VERSION' } }))
    expect((await limiter.peek('a')).policyVersion).toBe('5')
  })

  test('measures everything and refuses nothing while the document says shadow', async () => {
    const { limiter } = await follow(writable(policy('1', 1, { shadow: true })))
    await limiter.consume('a')
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, limits: [{ shadow: true, allowed: false }, { shadow: true }] })
  })

  test('fails at the start if the first document is bad, for then nothing good is in force', async () => {
    await expect(follow(writable('{'))).rejects.toMatchObject({ code: 'SLUICE_POLICY' })
    await expect(follow({ read: async () => await Promise.reject(new Error('gone')), watch: () => () => undefined })).rejects.toMatchObject(
      {
        code: 'SLUICE_POLICY_SOURCE',
      },
    )
  })

  test('reads a file again when it is replaced, and lives through a half written one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-policy-'))
    try {
      const path = join(folder, 'policy.json')
      await writeFile(path, policy('1', 10))
      const { limiter, events } = await follow(policyFile(path))
      await writeFile(path, policy('2', 20).slice(0, 50))
      await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ state: 'refused' }), { timeout: 5000 })
      await writeFile(`${path}.new`, policy('3', 30))
      await rename(`${path}.new`, path)
      await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ state: 'applied', version: '3' }), { timeout: 5000 })
      expect((await limiter.peek('a')).limits[0]?.capacity).toBe(30)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
