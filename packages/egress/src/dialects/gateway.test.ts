import { expect, test } from 'vitest'
import { hostileUnits, readQuota } from '../../test/read-quota.ts'
import { gatewayDialect } from './gateway.ts'

/** A response of `examples/open-platform.ts` to a seller. */
const real = {
  'gncp-gw-ratelimit-replenish-rate': '4',
  'gncp-gw-ratelimit-burst-capacity': '8',
  'gncp-gw-ratelimit-remaining': '7',
  'gncp-gw-quota-period': 'SECONDS',
  'gncp-gw-quota-limit': '4',
  'gncp-gw-quota-remaining': '3',
}
const dialect = gatewayDialect('GNCP-GW', { rate: 'application', quota: ['ada', 'bob'] })

test('reads the rate of the application, and the quota of the seller that the call was for', () => {
  expect(readQuota(dialect, real, ['application', 'bob'])).toEqual([
    { limit: 'application', capacity: 4, remaining: 3 },
    { limit: 'bob', capacity: 2, remaining: 1 },
  ])
})

test('without a seller it reads the rate alone', () => {
  expect(readQuota(dialect, real, ['application'])).toEqual([{ limit: 'application', capacity: 4, remaining: 3 }])
})

test.each([
  ['4', '8', '8', 1, 4, 4],
  ['4', '8', '3', 1, 4, 0],
  ['4', '8', '3', 2, 8, 3],
  ['0.166667', '10', '9', 60, 10, 9],
  ['0.1', '10', '9', 60, 6, 5],
  ['20', '8', '8', 1, 8, 8],
])(
  'a rate of %s with a burst of %s and %s left, in windows of %i s, is a limit of %i with %i left',
  (rate, burst, left, windowSeconds, capacity, remaining) => {
    const headers = { 'gw-ratelimit-replenish-rate': rate, 'gw-ratelimit-burst-capacity': burst, 'gw-ratelimit-remaining': left }
    expect(readQuota(gatewayDialect('GW', { windowSeconds }), headers)).toEqual([{ limit: 'requests', capacity, remaining }])
  },
)

test('a rate that no window can hold is a whole number all the same', () => {
  const headers = { 'gw-ratelimit-replenish-rate': '999999999999999' }
  expect(readQuota(gatewayDialect('GW', { windowSeconds: 86_400 }), headers)).toEqual([
    { limit: 'requests', capacity: 999_999_999_999_999 },
  ])
})

test('the headers of Spring Cloud Gateway have the prefix X, and a limit without bursts has its rate', () => {
  const headers = { 'x-ratelimit-replenish-rate': '10', 'x-ratelimit-remaining': '9', 'x-ratelimit-requested-tokens': '1' }
  expect(readQuota(gatewayDialect('X'), headers)).toEqual([{ limit: 'requests', capacity: 10, remaining: 9 }])
})

test.each(hostileUnits.filter((each) => each !== '1.5'))('numbers of %o are ignored', (value) => {
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
