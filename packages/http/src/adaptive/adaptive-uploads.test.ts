import { manualClock } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { guardFetch } from '../fetch/guard-fetch.ts'
import { type AdaptiveLimitOptions, adaptive } from './adaptive.ts'

const ask = (): Request => new Request('http://localhost/')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const narrow = { latency: '100ms', eventLoopDelay: false } satisfies AdaptiveLimitOptions

describe('an upload that is too long to wait for', () => {
  /** What Node knows of a body whose first part fills what the stream keeps. */
  const incoming = {
    complete: false,
    headers: { 'content-length': '1000000' },
    destroyed: false,
    readableLength: 65_536,
    readableHighWaterMark: 65_536,
    readableFlowing: null,
    on: () => undefined,
    off: () => undefined,
  }
  interface Peer {
    readonly incoming: typeof incoming
    readonly peer: string
  }
  const uploading = (peer: string): Peer => ({ incoming, peer })
  const waiting = (peer: string): Peer => ({ incoming: { ...incoming, complete: true }, peer })
  const open = (options: Partial<AdaptiveLimitOptions> = {}, handle = () => new Response('a body that nobody has read yet')) =>
    guardFetch<Request, [Peer]>(
      {
        remoteAddress: (_request, { peer }) => peer,
        limits: [adaptive({ ...narrow, initial: 8, min: 8, max: 8, ...options } as AdaptiveLimitOptions)],
      },
      handle,
    )

  test('holds a quarter of the slots for one address, and half of them for all', async () => {
    const server = open()
    const statusOf = async (from: Peer): Promise<number> => (await server(ask(), from)).status
    const ada = [await statusOf(uploading('192.0.2.1')), await statusOf(uploading('192.0.2.1')), await statusOf(uploading('192.0.2.1'))]
    expect(ada).toEqual([200, 200, 503])
    const others = [2, 3, 4].map((last) => statusOf(uploading(`192.0.2.${last}`)))
    expect((await Promise.all(others)).toSorted((a, b) => a - b)).toEqual([200, 200, 503])
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => statusOf(waiting('192.0.2.9'))))).toEqual([200, 200, 200, 200, 503])
  })

  test('teaches nothing, however long its client takes', async () => {
    const clock = manualClock()
    const server = open({ clock, min: 1 }, () => {
      clock.advance(101)
      return new Response(null)
    })
    const seen: number[] = []
    server.admin.observe((event) => {
      if (event.type === 'decision') for (const { name, capacity } of event.decision.limits) if (name === 'server') seen.push(capacity)
    })
    for (let i = 0; i < 20; i++) {
      await server(ask(), uploading('192.0.2.1'))
      await turn()
    }
    expect(new Set(seen)).toEqual(new Set([8]))
  })
})
