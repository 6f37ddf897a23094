/** What a provider says of its calls: how long they waited, what was refused, limited and sent again. */
import { channel } from 'node:diagnostics_channel'
import { createLimiter, tokenBucket } from '@sluice/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { key, poolOf } from '../../test/key-pools.ts'
import { fakeTime, pass, providerOf } from '../../test/provider-scene.ts'
import { type FetchOptions, fetchThrough } from '../fetch/fetch-through.ts'
import type { EgressEvent } from './egress-event.ts'
import type { ProviderOptions } from './options.ts'
import type { Provider } from './provider.ts'

fakeTime()

function observed(options: Partial<ProviderOptions> = {}) {
  const provider = providerOf({ limits: { requests: { capacity: 1, per: '1s' } }, ...options })
  onTestFinished(() => provider.close())
  return { provider, events: eventsOf(provider) }
}

function eventsOf(provider: Pick<Provider, 'observe'>): EgressEvent[] {
  const events: EgressEvent[] = []
  provider.observe((event) => events.push(event))
  return events
}

/** Calls through `fetch`, whose attempts are answered with these statuses in turn. */
function calling(provider: Provider, statuses: readonly number[], options: Partial<FetchOptions> = {}): () => Promise<unknown> {
  const left = [...statuses]
  const send = async (): Promise<Response> => new Response('{}', { status: left.shift()!, headers: { 'retry-after': '2' } })
  const through = fetchThrough(provider, { origins: ['https://llm.example'], onRefused: 'throw', fetch: send, ...options })
  return async () => (await through('https://llm.example/')).status
}

describe('the events of a provider', () => {
  test('say how long a call waited, in which lane, and for whom', async () => {
    const { provider, events } = observed({ queue: { lanes: { people: 0, jobs: 0 } } })
    await provider.acquire({ lane: 'people', caller: 'ada' })
    const second = provider.acquire({ lane: 'jobs' })
    await pass(2000)
    await second
    expect(events).toMatchObject([
      { type: 'sent', provider: 'llm', waitedMs: 0, lane: 'people', caller: 'ada' },
      { type: 'sent', provider: 'llm', waitedMs: expect.closeTo(1100, -2), lane: 'jobs', caller: null },
    ])
  })

  test('have each refusal once, with the time that its call had waited', async () => {
    const limiter = createLimiter<string>({
      limits: [{ name: 'requests', by: (caller) => caller, rule: tokenBucket({ capacity: 1, per: '1h' }) }],
    })
    const { provider, events } = observed({ queue: { wait: '300ms', depth: 1 }, budget: { limiter } })
    const calls = [{}, { cost: { requests: 2 }, caller: 'eve' }, { deadlineMs: 0 }, { caller: 'ada' }, { caller: 'ada' }].map((call) =>
      provider.acquire(call).catch(() => undefined),
    )
    await pass(2000)
    await Promise.all(calls)
    const refused = events.flatMap((event) => (event.type === 'refused' ? [event] : []))
    expect(refused.map(({ refusal, waitedMs, lane, caller }) => [refusal.code, waitedMs, lane, caller])).toEqual([
      ['SLUICE_EGRESS_COST', 0, null, 'eve'],
      ['SLUICE_EGRESS_WAIT', 0, 'default', null],
      ['SLUICE_EGRESS_WAIT', 0, 'default', 'ada'],
      ['SLUICE_EGRESS_WAIT', 0, 'default', 'ada'],
    ])
  })

  test('have what a budget and a throttled client refuse', async () => {
    const limiter = createLimiter<string>({
      limits: [{ name: 'requests', by: (caller) => caller, rule: tokenBucket({ capacity: 1, per: '1h' }) }],
    })
    const { provider, events } = observed({ limits: { requests: { capacity: 1000, per: '1s' } }, budget: { limiter } })
    await provider.acquire({ caller: 'ada' })
    await provider.acquire({ caller: 'ada' }).catch(() => undefined)
    const call = calling(provider, Array<number>(300).fill(529), { retry: { attempts: 1 } })
    for (let i = 0; i < 300; i++) await call().catch(() => undefined)
    const refused = new Set(events.flatMap((event) => (event.type === 'refused' ? [`${event.refusal.code} ${event.caller}`] : [])))
    expect(refused).toEqual(new Set(['SLUICE_EGRESS_BUDGET ada', 'SLUICE_EGRESS_OVERLOADED null']))
  })

  test('have the 429s of the provider, and each repetition with its reason and its wait', async () => {
    const { provider, events } = observed({ limits: { requests: { capacity: 100, per: '1s' } } })
    const answered = calling(provider, [429, 503, 200])()
    await pass(10_000)
    expect(await answered).toBe(200)
    expect(events.filter(({ type }) => type === 'limited' || type === 'retry')).toMatchObject([
      { type: 'limited', provider: 'llm', status: 429, retryAfterMs: 2000 },
      { type: 'retry', provider: 'llm', attempt: 1, reason: 'limited', status: 429, delayMs: expect.any(Number) },
      { type: 'retry', provider: 'llm', attempt: 2, reason: 'failed', status: 503 },
    ])
    expect(events.filter(({ type }) => type === 'sent').length).toBe(3)
  })

  test('of a pool say that another key sends a call again', async () => {
    const pool = poolOf([key('a'), key('b')])
    const events = eventsOf(pool)
    const answered = calling(pool, [401, 200])()
    await pass(1000)
    expect(await answered).toBe(200)
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([{ attempt: 1, reason: 'key', status: 401, delayMs: 0 }])
  })

  test('are on the channel too, and a listener that throws changes nothing', async () => {
    const messages: unknown[] = []
    const subscriber = (message: unknown): void => void messages.push(message)
    channel('sluice:egress').subscribe(subscriber)
    onTestFinished(() => void channel('sluice:egress').unsubscribe(subscriber))
    const rethrown: (() => void)[] = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => void rethrown.push(run))
    const { provider, events } = observed()
    provider.observe(() => {
      throw new Error('listener')
    })
    await provider.acquire()
    expect(messages).toEqual(events)
    expect(messages).toMatchObject([{ type: 'sent', provider: 'llm' }])
    expect(rethrown[0]).toThrow('listener')
  })
})
