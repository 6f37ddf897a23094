import { concurrency, memoryStore } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import type { HttpLimit } from '@sluice/http'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'
import type { ExpressGuard } from './options.ts'

const uploads = (capacity: number, lease?: `${number}ms`): HttpLimit<Request> => ({
  name: 'uploads',
  by: () => 'all',
  rule: concurrency({ capacity, lease }),
  status: 503,
})

async function slots(guard: ExpressGuard, capacity: number): Promise<number> {
  return capacity - ((await guard.admin.inspect('uploads', 'all'))?.remaining ?? capacity)
}

/** A site whose responses end when they are told to. */
async function site(guards: RequestHandler[]) {
  const open: Response[] = []
  const app = express()
  app.use(guards)
  app.use((_request, response) => {
    open.push(response)
    response.write('beginning')
  })
  return { ...(await serve(app)), open }
}

test('a response that takes longer than the lease keeps its slot', async () => {
  const clock = manualClock()
  const guard = sluice({ store: memoryStore({ clock }), limits: [uploads(1, '90ms')] })
  const { url, open } = await site([guard])
  const response = await fetch(url)
  // The clock is moved no faster than timers go, by which leases are renewed.
  for (let i = 0; i < 8; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    clock.advance(30)
    expect(await slots(guard, 1)).toBe(1)
  }
  expect((await fetch(url)).status).toBe(503)
  open[0]!.end()
  await response.text()
  await expect.poll(() => slots(guard, 1)).toBe(0)
})

test('clients that hang up leave no slot behind, in a pipeline, in an upload or in the middle of a response', async () => {
  const guard = sluice({ limits: [uploads(9)] })
  const { connect } = await site([guard])
  const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
  const pipeline = await connect()
  pipeline.write(get.repeat(4))
  const upload = await connect()
  upload.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbeginning')
  const reader = await connect()
  reader.write(get)
  await expect.poll(() => slots(guard, 9)).toBe(6)
  for (const socket of [pipeline, upload, reader]) socket.destroy()
  await expect.poll(() => slots(guard, 9)).toBe(0)
})
