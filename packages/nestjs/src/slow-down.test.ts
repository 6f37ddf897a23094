import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Controller, Get, Req } from '@nestjs/common'
import type { DelayEvent } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { perDay, platforms, serve } from '../test/serve.ts'
import { SluiceModule } from './module.ts'
import type { GuardedRequest } from './options.ts'

let handled = 0

@Controller()
class Slow {
  @Get() slow(@Req() request: GuardedRequest): string {
    handled++
    return `waited ${request.sluice.delayMs}`
  }
}

describe.each(platforms)('on %s', (platform) => {
  async function serveSlow(delay: '20ms' | '10m') {
    handled = 0
    const delays: DelayEvent[] = []
    const module = SluiceModule.forRoot({
      limits: [{ name: 'ip', rule: perDay(10), slowDown: { after: 0, delay, max: '10m' } }],
      maxWaiting: 1,
      observe: (event) => event.type === 'delay' && delays.push(event),
    })
    const served = await serve(platform, { imports: [module], controllers: [Slow] })
    return { ...served, delays, [Symbol.asyncDispose]: served[Symbol.asyncDispose] }
  }

  test('a request waits before its handler, which finds for how long', async () => {
    await using served = await serveSlow('20ms')
    expect(await (await fetch(served.url)).text()).toBe('waited 20')
    expect(served.delays.map(({ limit, delayMs, http }) => [limit, delayMs, http.route])).toEqual([['ip', 20, '/']])
  })

  test('a client that leaves frees its place, and an application that closes serves what waits at once', async () => {
    const served = await serveSlow('10m')
    const client = get(served.url, { agent: false })
    client.on('error', () => undefined)
    await vi.waitFor(() => expect(served.delays).toHaveLength(1))
    expect((await fetch(served.url)).status).toBe(429)
    client.destroy()
    // The one place is free as soon as the server hears of it.
    const last = await vi.waitFor(async () => {
      const answer = new Promise<IncomingMessage>((resolve) => get(served.url, { agent: false }, resolve))
      const before = served.delays.length
      await vi.waitFor(() => expect(served.delays).toHaveLength(before + 1))
      expect(served.delays.at(-1)!.refused).toBe(false)
      return { answer }
    })
    await served.app.close()
    const answer = await last.answer
    expect([answer.statusCode, await text(answer), handled]).toEqual([200, 'waited 600000', 1])
  })
})
