/** What operators do while it runs: look, forget, block, listen. */
import { type LimiterEvent, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import type { HttpLimit } from '../../http-limit.ts'
import { quotaOf } from '../quota-fields.ts'
import { statusesOf, type Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }]
const me = '127.0.0.1'

export function operatorsContract({ open }: Trial): void {
  describe('an operator', () => {
    test('sees how a key stands, and nothing of one that nobody used', async () => {
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

    test('sees who is banned for going on, and lets them go', async () => {
      const banning: HttpLimit = { ...limits[0]!, ban: { after: 2, within: '1m', for: '10m' } }
      const { admin, ask, askTimes } = await open({ limits: [banning] })
      expect(await admin.bans('ip')).toEqual([])
      expect(statusesOf(await askTimes(4, '/'))).toEqual([200, 200, 429, 429])
      await expect.poll(async () => (await admin.bans('ip')).map(({ key }) => key)).toEqual([me])
      expect(await admin.inspect('ip', me)).toMatchObject({ blockedForMs: expect.any(Number) })
      for (const { key } of await admin.bans('ip')) await admin.reset('ip', key)
      expect((await ask('/')).status).toBe(200)
      expect(await admin.bans('ip')).toEqual([])
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
