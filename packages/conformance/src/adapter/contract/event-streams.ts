/** Streams of events, and how they end: by the server, by the client, or by an error of the server. */
import { concurrency } from '@sluice/core'
import type { HttpLimit, Settle } from '@sluice/http'
import { expect } from 'vitest'
import { getRequest } from '../raw-connection.ts'
import { eventually, type Trial } from '../trial.ts'
import { waitingRoom } from '../waiting-room.ts'

export function eventStreamsContract({ open, describe, test }: Trial): void {
  /** A stream that has sent its first event. `end` lets the server go on: to its last event, or to an error. */
  async function streaming(error?: Error) {
    const settled: unknown[] = []
    const settle: Settle<unknown> = ({ status, aborted, header }) => void settled.push([status, aborted, header('x-model')])
    const slots: HttpLimit = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2, lease: '30s' }), settle }
    const room = waitingRoom()
    async function* events(): AsyncGenerator<string> {
      yield 'data: first\n\n'
      await room.route.handle!({} as never)
      if (error !== undefined) throw error
      yield 'data: last\n\n'
    }
    const headers = { 'content-type': 'text/event-stream', 'x-model': 'small' }
    const site = await open(
      { limits: [slots] },
      { routes: [{ path: '/', handle: () => ({ headers, body: events() }) }, { path: '/quick' }] },
    )
    const client = await site.connect()
    client.write(getRequest('/'))
    await client.received('data: first')
    expect(settled).toEqual([])
    expect(await site.remaining('slots', 'all', 2)).toBe(1)
    return {
      client,
      end: room.open,
      /** Waits for the one settlement, and for the slot. The server then goes on with others. */
      async isSettled(facts: readonly unknown[]): Promise<void> {
        await eventually(async () => expect(await site.remaining('slots', 'all', 2)).toBe(2))
        await eventually(async () => expect(settled).toEqual([facts]))
        expect((await site.ask('/quick')).status).toBe(200)
        expect(settled).toHaveLength(2)
      },
    }
  }

  describe('a stream of events', () => {
    test('that the server ends is settled as answered', async () => {
      const { client, end, isSettled } = await streaming()
      end()
      await client.received('data: last')
      await isSettled([200, false, 'small'])
      await client.hangUp()
    })

    test('that the client closes is settled as aborted, with the status that it got', async () => {
      const { client, isSettled } = await streaming()
      await client.hangUp()
      await isSettled([200, true, 'small'])
    })

    test('that an error of the server breaks off is settled as aborted, and the client sees that it is not whole', async () => {
      const { client, end, isSettled } = await streaming(new Error('the model is gone'))
      end()
      await client.closed()
      await isSettled([200, true, 'small'])
    })
  })
}
