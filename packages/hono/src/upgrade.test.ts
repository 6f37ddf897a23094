import { EventEmitter } from 'node:events'
import { concurrency } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { type Context, Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { sluice } from './middleware.ts'
import type { HonoGuard } from './options.ts'

async function left(guard: HonoGuard): Promise<number> {
  return (await guard.admin.inspect('slots', 'all'))?.remaining ?? 10
}

describe('an upgrade under Node, which has a socket and no response', () => {
  const slots: HttpLimit = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 10, lease: '30s' }) }

  async function upgrade(handler: (c: Context, socket: EventEmitter) => Response | Promise<Response>, destroyed = false) {
    const socket = Object.assign(new EventEmitter(), { destroyed })
    const guard = sluice({ limits: [slots] })
    const app = new Hono().use(guard).get('/', (c) => handler(c, socket))
    app.onError((_error, c) => c.text('sorry', 500))
    await app.request('/', {}, { incoming: { socket } })
    return { guard, socket }
  }

  test('holds its slot until the connection closes', async () => {
    const { guard, socket } = await upgrade((c) => c.body(null))
    expect(await left(guard)).toBe(9)
    socket.emit('close')
    expect(await left(guard)).toBe(10)
  })

  test.each<[string, (c: Context, socket: EventEmitter) => Response, boolean]>([
    ['when nobody takes it, however long its client stays', (c) => c.notFound() as Response, false],
    [
      'when it fails',
      () => {
        throw new Error('a bug')
      },
      false,
    ],
    [
      'when its client goes while it is answered',
      (c, socket) => {
        socket.emit('close')
        return c.body(null)
      },
      false,
    ],
    ['when its client has gone before', (c) => c.body(null), true],
  ])('holds none %s', async (_when, handler, destroyed) => {
    const { guard } = await upgrade(handler, destroyed)
    expect(await left(guard)).toBe(10)
  })
})
