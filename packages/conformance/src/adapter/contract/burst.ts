/** The main job: a burst passes up to the capacity, and who is refused learns when to come back. */
import { tokenBucket } from '@sluice/core'
import { expect } from 'vitest'
import { quotaOf } from '../quota-fields.ts'
import { ascending, statusesOf, type Trial } from '../trial.ts'

export function burstContract({ open, describe, test }: Trial): void {
  describe('a burst', () => {
    const perHour = (capacity: number) => ({ limits: [{ name: 'ip', rule: tokenBucket({ capacity, per: '1h' }) }] })

    test('of 15 requests against a capacity of 10 gives ten 200 and five 429, all with headers', async () => {
      const site = await open(perHour(10))
      const replies = await site.askTimes(15, '/')
      expect(statusesOf(replies)).toEqual([...Array(10).fill(200), ...Array(5).fill(429)])
      expect(replies.map((reply) => quotaOf(reply).ip!.r)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0])
      for (const reply of replies) expect(quotaOf(reply)).toMatchObject({ ip: { q: 10, w: 3600, t: 360 } })
      expect(replies.map((reply) => reply.headers['retry-after'])).toEqual([...Array(10).fill(undefined), ...Array(5).fill('360')])
    })

    test('of eight pipelined requests in one write against a limit of 3 gives exactly three 200, counted down', async () => {
      const site = await open(perHour(3))
      const replies = await site.pipeline(Array(8).fill('/'))
      expect(statusesOf(replies)).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
      expect(replies.map((reply) => quotaOf(reply).ip!.r)).toEqual([2, 1, 0, 0, 0, 0, 0, 0])
    })

    test('of eight pipelined requests whose keys are looked up at the same time gives exactly three 200', async () => {
      const by = async (): Promise<string> => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return 'the same'
      }
      const site = await open({ limits: [{ name: 'user', by, rule: tokenBucket({ capacity: 3, per: '1h' }) }] })
      const replies = await site.pipeline(Array(8).fill('/'))
      const passed = replies.filter((reply) => reply.status === 200)
      expect(ascending(passed.map((reply) => quotaOf(reply).user!.r))).toEqual([0, 1, 2])
    })

    test('of eight requests at once on eight connections against a limit of 3 passes exactly three', async () => {
      const site = await open(perHour(3))
      const replies = await site.askAtOnce(8, '/')
      expect(ascending(statusesOf(replies))).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
    })
  })

  describe('Retry-After', () => {
    test('is the truth: a second earlier is refused, then admitted', async () => {
      const site = await open({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '2s' }) }] })
      const [, refused] = await site.askTimes(2, '/')
      expect(refused!.headers['retry-after']).toBe('2')
      await site.advance('1s')
      expect((await site.ask('/')).status).toBe(429)
      await site.advance('1s')
      expect((await site.ask('/')).status).toBe(200)
    })

    test('is at least 1, however short the wait', async () => {
      const site = await open({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '900ms' }) }] })
      const [, refused] = await site.askTimes(2, '/')
      expect(refused!.headers['retry-after']).toBe('1')
      await site.advance('1s')
      expect((await site.ask('/')).status).toBe(200)
    })

    test('waits for the slowest of several refusing limits', async () => {
      const site = await open({
        limits: [
          { name: 'quick', rule: tokenBucket({ capacity: 1, per: '10s' }) },
          { name: 'slow', rule: tokenBucket({ capacity: 1, per: '50s' }) },
        ],
      })
      const [, refused] = await site.askTimes(2, '/')
      expect(refused!.headers['retry-after']).toBe('50')
    })

    test('is missing where no wait helps, and the bucket stays as it was', async () => {
      const site = await open({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 3, per: '1h' }) }], cost: () => 4 })
      const refused = await site.ask('/')
      expect(refused.status).toBe(429)
      expect(refused.headers).not.toHaveProperty('retry-after')
      expect(JSON.parse(refused.body)).toMatchObject({ outcome: 'impossible' })
      expect(quotaOf(refused)).toMatchObject({ ip: { q: 3, r: 3 } })
    })
  })
}
