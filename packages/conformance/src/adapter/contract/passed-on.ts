/** Responses that come from elsewhere: copied from an upstream by a proxy, or written past the framework. */
import { concurrency, tokenBucket } from '@sluice/core'
import type { HttpLimit, Settle } from '@sluice/http'
import { expect } from 'vitest'
import type { Answer } from '../adapter-under-test.ts'
import { eventually, type OpenSite, type Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ours', rule: tokenBucket({ capacity: 2, per: '1h' }) }]

/** What an upstream tells of limits of its own, and a field that has nothing to do with them. */
const upstream = {
  ratelimit: '"theirs";r=999',
  'RateLimit-Policy': '"theirs";q=1000',
  'X-RateLimit-Limit': '1000',
  'x-ratelimit-remaining': '999',
  'x-tokens': '7',
}

export function passedOnContract({ adapter, open, describe, test }: Trial): void {
  const replyTo = async (answer: Answer, headers: readonly ('draft-11' | 'x-ratelimit-delta')[]) => {
    const site = await open({ limits, headers }, { routes: [{ path: '/', handle: () => answer }] })
    const reply = await site.ask('/')
    return {
      ...reply,
      fields: ['ratelimit-policy', 'ratelimit', 'x-ratelimit-limit', 'x-ratelimit-remaining'].map((name) => reply.headers[name]),
    }
  }
  const ours = ['"ours";q=2;w=3600', '"ours";r=1;t=1800']

  describe('a response that a proxy passes on', () => {
    test('has the fields of the guard and none of its upstream, in every family that the guard writes', async () => {
      const { fields, headers } = await replyTo({ headers: upstream }, ['draft-11', 'x-ratelimit-delta'])
      expect(fields).toEqual([...ours, '2', '1'])
      expect(headers['x-tokens']).toBe('7')
    })

    test('has the fields of its upstream in families that the guard does not write', async () => {
      expect((await replyTo({ headers: upstream }, ['draft-11'])).fields).toEqual([...ours, '1000', '999'])
    })
  })

  describe('a response that its handler writes past the framework', () => {
    const raw: Answer = { raw: true, status: 206, headers: upstream, body: 'part' }

    test('has the fields of the guard, or all of those that the handler writes, and never a mixture', async () => {
      const { status, body, fields } = await replyTo(raw, ['draft-11', 'x-ratelimit-delta'])
      expect([status, body]).toEqual([206, 'part'])
      expect(fields).toEqual(adapter.fieldsOnRaw === false ? Object.values(upstream).slice(0, 4).toSorted(byField) : [...ours, '2', '1'])
    })

    test('is settled by the status and the headers that the client got, and gives back its slot', async () => {
      const settled: unknown[] = []
      const settle: Settle<unknown> = ({ status, aborted, header }) => void settled.push([status, aborted, header('X-Tokens')])
      const slots: HttpLimit = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2, lease: '30s' }), settle }
      for (const headers of [false, undefined] as const) {
        const site: OpenSite = await open({ limits: [slots], headers }, { routes: [{ path: '/', handle: () => raw }] })
        await site.ask('/')
        await eventually(async () => expect(await site.remaining('slots', 'all', 2)).toBe(2))
      }
      expect(settled).toEqual([
        [206, false, '7'],
        [206, false, '7'],
      ])
    })
  })
}

/** The order of `fields`: the policy comes first. */
function byField(a: string, b: string): number {
  return Number(b.includes('q=')) - Number(a.includes('q='))
}
