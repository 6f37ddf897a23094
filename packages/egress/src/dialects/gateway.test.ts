import { expect, test } from 'vitest'
import { hostileUnits, readQuota } from '../../test/read-quota.ts'
import { gatewayDialect } from './gateway.ts'

/** A response of `examples/open-platform.ts` to a seller. */
const real = {
  'gncp-gw-ratelimit-replenish-rate': '4',
  'gncp-gw-ratelimit-burst-capacity': '8',
  'gncp-gw-ratelimit-remaining': '7',
  'gncp-gw-quota-period': 'SECONDS',
  'gncp-gw-quota-limit': '2',
  'gncp-gw-quota-remaining': '1',
}
const dialect = gatewayDialect('GNCP-GW', { rate: 'application', quota: ['ada', 'bob'] })

test('reads the rate of the application, and the quota of the seller that the call was for', () => {
  expect(readQuota(dialect, real, ['application', 'bob'])).toEqual([
    { limit: 'application', capacity: 8, remaining: 7 },
    { limit: 'bob', capacity: 2, remaining: 1 },
  ])
})

test('without a seller it reads the rate alone', () => {
  expect(readQuota(dialect, real, ['application'])).toEqual([{ limit: 'application', capacity: 8, remaining: 7 }])
})

test('the headers of Spring Cloud Gateway have the prefix X, and a limit without bursts has its rate', () => {
  const headers = { 'x-ratelimit-replenish-rate': '10', 'x-ratelimit-remaining': '9', 'x-ratelimit-requested-tokens': '1' }
  expect(readQuota(gatewayDialect('X'), headers)).toEqual([{ limit: 'requests', capacity: 10, remaining: 9 }])
})

test.each(hostileUnits)('numbers of %o are ignored', (value) => {
  const hostile = Object.fromEntries(Object.keys(real).map((name) => [name, value]))
  expect(readQuota(dialect, hostile, ['application', 'ada'])).toEqual([])
})

test.each([
  ['', {}],
  ['GW:', {}],
  [undefined, {}],
  ['GW', { quota: 'ada' }],
])('a prefix of %o with the limits %o is an error at the start', (prefix, limits) => {
  expect(() => gatewayDialect(prefix as string, limits as never)).toThrow('SLUICE_OPTION_TYPE')
})
