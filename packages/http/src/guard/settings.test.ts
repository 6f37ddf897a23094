import { memoryStore, tokenBucket } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { type FakeRequest, fakeGuard } from '../../test/fake-adapter.ts'
import type { HttpOptions } from '../http-limit.ts'
import { settingsOf } from './settings.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const limits = [{ name: 'ip', rule }]

describe('a wrong option is an error at start-up', () => {
  test.each<[string, object, string]>([
    ['an unknown name', { limitz: [] }, 'SLUICE_OPTION_UNKNOWN'],
    ['a function that another adapter takes', { onRefused: () => undefined }, 'SLUICE_OPTION_UNKNOWN'],
    ['limits that are no list', { limits: { ip: rule } }, 'SLUICE_OPTION_TYPE'],
    ['a limit that is none', { limits: [null] }, 'SLUICE_OPTION_TYPE'],
    ['a store that is none', { store: {} }, 'SLUICE_OPTION_TYPE'],
    ['a limiter that was not bound', { limiter: { limiter: {}, subject: () => 1 } }, 'SLUICE_BOUND'],
    ['a text that is a number', { message: 1 }, 'SLUICE_OPTION_TYPE'],
    ['a body that is a text', { body: 'no' }, 'SLUICE_OPTION_TYPE'],
    ['an observer that is no function', { observe: {} }, 'SLUICE_OPTION_TYPE'],
    ['a condition that is no function', { when: true }, 'SLUICE_OPTION_TYPE'],
    ['a settlement that is no function', { settle: 1 }, 'SLUICE_OPTION_TYPE'],
    ['a text for inherit', { inherit: 'no' }, 'SLUICE_OPTION_TYPE'],
    ['a text for a cost', { cost: '1' }, 'SLUICE_OPTION_TYPE'],
    ['a fraction for a cost', { cost: 0.5 }, 'SLUICE_COST'],
    ['a cost below zero', { cost: -1 }, 'SLUICE_COST'],
    ['an unknown preflight', { preflight: 'free' }, 'SLUICE_CHOICE'],
    ['an unknown onFault', { onFault: 'ignore' }, 'SLUICE_CHOICE'],
    ['an unknown header family', { headers: ['x-limits'] }, 'SLUICE_CHOICE'],
    ['a range that is none', { denyList: ['10.0.0.0/33'] }, 'SLUICE_CIDR'],
    ['a prefix below 32', { ipv6Prefix: 31 }, 'SLUICE_WHOLE_NUMBER'],
    ['a time that is none', { functionTimeout: 'soon' }, 'SLUICE_DURATION'],
    ...[399, 600, 200, 302, 429.5, '429', null, Number.NaN, 401, 405, 407, 408, 421, 425, 426].flatMap(
      (status): [string, object, string][] => [
        [`a limit with the status ${status}`, { limits: [{ name: 'ip', rule, status }] }, 'SLUICE_STATUS'],
        [`a guard with the status ${status}`, { status }, 'SLUICE_STATUS'],
      ],
    ),
    ['an unknown name in a limit', { limits: [{ name: 'ip', rule, keys: [] }] }, 'SLUICE_OPTION_UNKNOWN'],
  ])('%s', (_what, options, code) => {
    expect(() => fakeGuard(options as HttpOptions<FakeRequest>)).toThrow(expect.objectContaining({ code }))
  })

  test('and so is one of a route, which is named', () => {
    const guard = fakeGuard({ limits })
    const wrong = (options: object) => () => guard.route(guard.root.plan, options, 'config.sluice')
    expect(wrong({ store: memoryStore() })).toThrow('config.sluice')
    expect(wrong({ cost: 0.5 })).toThrow('config.sluice')
    expect(wrong({ limits: [undefined] })).toThrow('config.sluice.limits[0]')
  })
})

test('an adapter that cannot know addresses takes no limit and no list that need one', () => {
  const without = (options: HttpOptions<FakeRequest>) => () => fakeGuard(options, { addressless: true })
  for (const options of [{ limits }, { allowList: ['192.0.2.1'] }, { denyList: ['192.0.2.1'] }, { trust: ['192.0.2.1'] }])
    expect(without(options)).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
  const guard = without({ limits: [{ name: 'user', by: () => 'ada', rule }] })()
  expect(() => guard.route(guard.root.plan, { limits }, 'with')).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
})

test('defaults are: cancelled preflights, thrown faults, IPv6 by /56, no lists', () => {
  expect(settingsOf({}, [])).toMatchObject({ preflight: 'cancel', onFault: 'throw', ipv6Prefix: 56, screens: false, hasLists: false })
})

test.each([
  [{ allowList: ['192.0.2.1'] }, { screens: false, hasLists: true }],
  [{ denyList: ['192.0.2.1'] }, { screens: true, hasLists: true }],
])('%o is known before traffic', (options, lists) => {
  expect(settingsOf(options, [])).toMatchObject(lists)
})

test('a range that trusts everybody is warned of', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  settingsOf({ trust: ['0.0.0.0/0'] }, [])
  expect(warned).toHaveBeenCalledExactlyOnceWith(expect.any(String), expect.objectContaining({ code: 'SLUICE_TRUST_EVERYONE' }))
  warned.mockRestore()
})
