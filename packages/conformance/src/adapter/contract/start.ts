/** Wrong options: found at the start, before traffic, with a code and the name of what is wrong. */
import { shareOf, tokenBucket } from '@sluice/core'
import { expect } from 'vitest'
import type { Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip = { name: 'ip', rule }
const other = { name: 'ip', rule: tokenBucket({ capacity: 11, per: '1h' }) }

/** Wrong for a guard and for a route. */
const wrongEverywhere: readonly (readonly [string, unknown])[] = [
  ['SLUICE_OPTION_UNKNOWN', { limit: [ip] }],
  ['SLUICE_OPTION_UNKNOWN', JSON.parse('{"__proto__":{"limits":[]}}')],
  ['SLUICE_OPTION_TYPE', { limits: ip }],
  ['SLUICE_OPTION_TYPE', { limits: [undefined] }],
  ['SLUICE_OPTION_TYPE', { limits: [null] }],
  ['SLUICE_OPTION_TYPE', { limits: ['ip'] }],
  ['SLUICE_LIMIT_NAME', { limits: [{ rule }] }],
  ['SLUICE_LIMIT_NAME', { limits: [{ name: 7, rule }] }],
  ['SLUICE_RULE', { limits: [{ name: 'ip' }] }],
  ['SLUICE_RULE', { limits: [{ name: 'ip', rule: { capacity: 10, per: '1m' } }] }],
  ['SLUICE_OPTION_UNKNOWN', { limits: [{ ...ip, key: () => 'a' }] }],
  ['SLUICE_OPTION_TYPE', { limits: [{ ...ip, by: 'x-user' }] }],
  ['SLUICE_OPTION_TYPE', { limits: [{ ...ip, settle: 1 }] }],
  ['SLUICE_STATUS', { limits: [{ ...ip, status: 302 }] }],
  ['SLUICE_SLOW_DOWN', { limits: [{ ...ip, slowDown: { after: 1000, delay: '1s' } }] }],
  ['SLUICE_CHOICE', { limits: [{ ...ip, debit: 'later' }] }],
  ['SLUICE_OPTION_TYPE', { limits: [{ ...ip, when: true }] }],
  ['SLUICE_WHOLE_NUMBER', { limits: [{ ...ip, cost: -1 }] }],
  ['SLUICE_WHOLE_NUMBER', { limits: [{ ...ip, cost: Number.NaN }] }],
  ['SLUICE_WHOLE_NUMBER', { limits: [{ ...ip, initial: 11 }] }],
  ['SLUICE_LIMIT_TWICE', { limits: [ip, other] }],
  ['SLUICE_SHARE_PARENT', { limits: [{ name: 'share', rule: shareOf('nobody', 0.5) }] }],
  [
    'SLUICE_SHARE_CYCLE',
    {
      limits: [
        { name: 'a', rule: shareOf('b', 0.5) },
        { name: 'b', rule: shareOf('a', 0.5) },
      ],
    },
  ],
  ['SLUICE_COST', { cost: -1 }],
  ['SLUICE_COST', { cost: Number.NaN }],
  ['SLUICE_COST', { cost: 1.5 }],
  ['SLUICE_OPTION_TYPE', { cost: '5' }],
  ['SLUICE_OPTION_TYPE', { cost: null }],
  ['SLUICE_LIMIT_UNKNOWN', { cost: { nobody: 1 } }],
  ['SLUICE_COST', { limits: [ip], cost: { ip: 0.5 } }],
  ['SLUICE_COST', { limits: [ip], cost: new Date() }],
  ['SLUICE_COST', { limits: [ip], cost: [5] }],
  ['SLUICE_COST_CAPACITY', { limits: [{ ...ip, cost: 11 }] }],
  ['SLUICE_COST_CAPACITY', { limits: [ip], cost: 11 }],
  ['SLUICE_COST_CAPACITY', { limits: [ip], cost: { ip: 11 } }],
  ['SLUICE_RULE_UNCALLED', { limits: [{ ...ip, rule: tokenBucket }] }],
  ['SLUICE_OPTION_TYPE', { settle: 1 }],
  ['SLUICE_OPTION_TYPE', { when: true }],
  ['SLUICE_OPTION_TYPE', { inherit: 'no' }],
  ['SLUICE_BOUND', { limiter: {} }],
]

const wrongForGuards: readonly (readonly [string, unknown])[] = [
  ['SLUICE_OPTION_UNKNOWN', { onRefuse: () => undefined }],
  ['SLUICE_OPTION_TYPE', { store: {} }],
  ['SLUICE_CIDR', { trust: ['loopbak'] }],
  ['SLUICE_CIDR', { trust: ['10.0.0.1/8'] }],
  ['SLUICE_OPTION_TYPE', { trust: true }],
  ['SLUICE_CIDR', { allowList: ['localhost'] }],
  ['SLUICE_CIDR', { denyList: [7] }],
  ['SLUICE_WHOLE_NUMBER', { ipv6Prefix: 31 }],
  ['SLUICE_WHOLE_NUMBER', { ipv6Prefix: 129 }],
  ['SLUICE_CHOICE', { headers: ['standard'] }],
  ['SLUICE_OPTION_TYPE', { headers: true }],
  ['SLUICE_HEADER_NAME', { headers: [{ preset: 'names', limit: 'Set-Cookie' }] }],
  ['SLUICE_HEADER_TWICE', { headers: ['x-ratelimit-delta', 'x-ratelimit-epoch'] }],
  ['SLUICE_OPTION_TYPE', { headers: [{ preset: 'gateway', prefix: 'a b' }] }],
  ['SLUICE_OPTION_UNKNOWN', { headers: [{ preset: 'gateway', prefix: 'X-Acme-GW', reset: 'delta' }] }],
  ['SLUICE_OPTION_TYPE', { message: 5 }],
  ['SLUICE_OPTION_TYPE', { body: 'Enough.' }],
  ['SLUICE_OPTION_TYPE', { observe: true }],
  ['SLUICE_CHOICE', { preflight: true }],
  ['SLUICE_CHOICE', { onFault: 'ignore' }],
]

export function startContract({ open, describe, test }: Trial): void {
  describe('does not start', () => {
    test.each([...wrongEverywhere, ...wrongForGuards])('%s: a guard with %o', async (code, guard) => {
      await expect(open(guard as never)).rejects.toThrow(code)
    })

    test.each(wrongEverywhere)('%s: a route with %o', async (code, sluice) => {
      await expect(open({}, { routes: [{ path: '/', sluice: sluice as never }] })).rejects.toThrow(code)
    })

    test('SLUICE_LIMIT_CONFLICT: two routes with two definitions of one name', async () => {
      const routes = [ip, other].map((limit, i) => ({ path: `/${i}`, sluice: { limits: [limit] } }))
      await expect(open({}, { routes })).rejects.toThrow('SLUICE_LIMIT_CONFLICT')
    })

    test('SLUICE_LIMIT_TWICE: a route that defines a name of its guard anew', async () => {
      await expect(open({ limits: [ip] }, { routes: [{ path: '/', sluice: { limits: [other] } }] })).rejects.toThrow('SLUICE_LIMIT_TWICE')
    })
  })

  test('starts with every option left undefined', async () => {
    const nothing = {
      store: undefined,
      limits: undefined,
      limiter: undefined,
      cost: undefined,
      settle: undefined,
      inherit: undefined,
      when: undefined,
      trust: undefined,
      ipv6Prefix: undefined,
      allowList: undefined,
      denyList: undefined,
      headers: undefined,
      message: undefined,
      body: undefined,
      preflight: undefined,
      onFault: undefined,
      observe: undefined,
    }
    const { ask } = await open(nothing)
    expect((await ask('/')).status).toBe(200)
  })
}
