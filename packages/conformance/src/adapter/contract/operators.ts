/** What operators do while it runs: look, forget, block, listen. */
import { ban, type LimiterEvent, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import { quotaOf } from '../quota-fields.ts'
import { statusesOf, type Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }]
const me = '127.0.0.1'

export function operatorsContract({ open, describe, test }: Trial): void {
  describe('an operator', () => {
    test('sees how a key stands, and nothing of an unused one', async () => {
      const { admin, ask } = await open({ limits })
      expect(await admin.inspect('ip', me)).toBeNull()
      await ask('/')
      expect(await admin.inspect('ip', me)).toMatchObject({ name: 'ip', capacity: 2, remaining: 1 })
    })

    test('forgets what a key has used', async () => {
      const { admin, askTimes, ask } = await open({ limits })
      await askTimes(3, '/')
      await admin.reset('ip', me)
      expect(quotaOf(await ask('/'))).toMatchObject({ ip: { r: 1 } })
    })

    test('blocks a key for a while, and lifts it', async () => {
      const { admin, ask } = await open({ limits })
      await admin.block('ip', me, '10m')
      const refused = await ask('/')
      expect(refused.status).toBe(429)
      expect(refused.headers['retry-after']).toBe('600')
      await admin.block('ip', me, 0)
      expect((await ask('/')).status).toBe(200)
    })

    test('blocks a key for ever, which promises no time to come back', async () => {
      const { admin, ask } = await open({ limits, headers: ['draft-11', 'x-ratelimit-delta', 'retry-after-ms'] })
      await admin.block('ip', me, 'forever')
      const { status, headers, body } = await ask('/')
      expect([status, headers.ratelimit, headers['x-ratelimit-remaining']]).toEqual([429, '"ip";r=0', '0'])
      for (const name of ['retry-after', 'retry-after-ms', 'x-ratelimit-reset']) expect(headers[name]).toBeUndefined()
      expect(JSON.parse(body)).toMatchObject({
        outcome: 'impossible',
        detail: 'Requests like this one are blocked. Trying again will not help.',
      })
      expect(await admin.inspect('ip', me)).toMatchObject({ blockedForMs: null, retryAfterMs: null })
      expect(JSON.parse(JSON.stringify(await admin.bans('ip')))).toEqual([{ key: me, blockedForMs: null }])
      await admin.block('ip', me, 0)
      expect((await ask('/')).status).toBe(200)
    })

    test('sees who is banned for going on, and lets them go', async () => {
      const banning: HttpLimit = { ...limits[0]!, ban: ban({ after: 2, within: '1m', for: '10m' }) }
      const { admin, ask, askTimes } = await open({ limits: [banning] })
      expect(await admin.bans('ip')).toEqual([])
      expect(statusesOf(await askTimes(4, '/'))).toEqual([200, 200, 429, 429])
      await expect.poll(async () => (await admin.bans('ip')).map(({ key }) => key)).toEqual([me])
      expect(await admin.inspect('ip', me)).toMatchObject({ blockedForMs: expect.any(Number) })
      for (const { key } of await admin.bans('ip')) await admin.reset('ip', key)
      expect((await ask('/')).status).toBe(200)
      expect(await admin.bans('ip')).toEqual([])
    })

    test.each([
      ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1'],
      ['::FFFF:7F00:1', '127.0.0.1', '127.0.0.1'],
      ['64:ff9b::7f00:1', '127.0.0.1', '127.0.0.1'],
      ['127.0.0.1:443', '127.0.0.1', '127.0.0.1'],
      ['2001:DB8:0:1234::1%eth0', '2001:db8:0:1200::/56', '2001:db8:0:12ff::9'],
      ['2001:db8:0:1234::/64', '2001:db8:0:1200::/56', '2001:db8:0:12ff::9'],
      ['2001:DB8:0:1200::/56', '2001:db8:0:1200::/56', '2001:db8:0:12ff::9'],
    ])('names a client of a limit by address as %s, which is %s', async (text, key, forwardedFor) => {
      const { admin, ask } = await open({ limits, trust: ['127.0.0.1'] })
      const question = { path: '/', headers: { 'x-forwarded-for': forwardedFor } }
      await ask(question)
      expect(await admin.inspect('ip', text)).toMatchObject({ remaining: 1 })
      await admin.reset('ip', [text])
      expect(await admin.inspect('ip', text)).toBeNull()
      await admin.block('ip', text, '10m')
      expect((await admin.bans('ip')).map((banned) => banned.key)).toEqual([key])
      expect((await ask(question)).status).toBe(429)
      await admin.block('ip', text, 0)
      expect((await ask(question)).status).toBe(200)
    })

    test.each(['user-1', '10.0.0.0/8', '2001:db8::/48', 7, ['127.0.0.1', 'a']])(
      'is told that %j is no client of a limit by address',
      async (key) => {
        const { admin } = await open({ limits })
        await expect(async () => admin.inspect('ip', key)).rejects.toThrow('SLUICE_ADDRESS_KEY')
        await expect(async () => admin.reset('ip', key)).rejects.toThrow('SLUICE_ADDRESS_KEY')
        await expect(async () => admin.block('ip', key, '1s')).rejects.toThrow('SLUICE_ADDRESS_KEY')
      },
    )

    test('names what a limit with a key of its own counts as its `by` does', async () => {
      const { admin, ask } = await open({ limits: [{ ...limits[0]!, by: () => '::ffff:1.2.3.4' }] })
      await ask('/')
      expect(await admin.inspect('ip', '::ffff:1.2.3.4')).toMatchObject({ remaining: 1 })
      expect(await admin.inspect('ip', '1.2.3.4')).toBeNull()
    })

    test('reaches the limits of routes as well', async () => {
      const { admin, askTimes } = await open({}, { routes: [{ path: '/', sluice: { limits } }] })
      expect(statusesOf(await askTimes(3, '/'))).toEqual([200, 200, 429])
      await admin.reset('ip', me)
      expect(statusesOf(await askTimes(1, '/'))).toEqual([200])
    })

    test('is told where a name is wrong', async () => {
      const { admin } = await open({ limits })
      await expect(async () => admin.inspect('pi', me)).rejects.toThrow('SLUICE_LIMIT_UNKNOWN')
      await expect(async () => admin.reset('pi', me)).rejects.toThrow('SLUICE_LIMIT_UNKNOWN')
      await expect(async () => admin.block('pi', me, '1s')).rejects.toThrow('SLUICE_LIMIT_UNKNOWN')
      await expect(async () => admin.bans('pi')).rejects.toThrow('SLUICE_LIMIT_UNKNOWN')
    })

    test('listens to decisions, and stops', async () => {
      const { admin, ask } = await open({ limits })
      const events: LimiterEvent[] = []
      const stop = admin.observe((event) => events.push(event))
      await ask('/')
      stop()
      await ask('/')
      expect(events).toMatchObject([{ type: 'decision', decision: { allowed: true } }])
    })
  })
}
