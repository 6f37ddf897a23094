import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addressKey } from '../address/address-key.ts'
import { bareIpv6Watch } from './core-limit.ts'

const warned = vi.fn()
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(warned))
afterEach(() => {
  vi.restoreAllMocks()
  warned.mockReset()
})

test.each<[string, unknown]>([
  ['an address', '2001:db8::1'],
  ['in upper case', '2001:DB8::1'],
  ['in full', '2001:0db8:0000:0000:0000:0000:0000:0001'],
  ['with a zone', 'fe80::1%eth0'],
  ['mapped', '::ffff:192.0.2.7'],
  ['as one of several parts', ['user', '2001:db8::1']],
])('a bare IPv6 address %s draws one warning, which names the limit and the fix', (how, key) => {
  const watch = bareIpv6Watch(`limit ${how}`)
  for (let i = 0; i < 3; i++) watch(key)
  expect(warned).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining(`limit ${how}`),
    expect.objectContaining({ code: 'SLUICE_KEY_IPV6' }),
  )
  expect(warned).toHaveBeenCalledWith(expect.stringContaining('`http.address`, or `addressKey(text)`'), expect.anything())
  expect(String(warned.mock.calls[0]![0])).not.toContain('db8')
})

test('comes with the first such key, however late', () => {
  const watch = bareIpv6Watch('late')
  for (let i = 0; i < 10_000; i++) watch('192.0.2.7')
  watch('2001:db8::1')
  expect(warned).toHaveBeenCalledOnce()
})

test.each<[unknown]>([
  ['192.0.2.7'],
  ['user:1:2'],
  ['de:ad:be:ef:00:01'],
  [addressKey('2001:db8::1')],
  [[addressKey('2001:db8::1'), '/items']],
  ['x'.repeat(10_000)],
  [':'.repeat(60)],
  [7],
  [true],
  [null],
  [undefined],
])('%j is no bare IPv6 address', (key) => {
  bareIpv6Watch('quiet')(key)
  expect(warned).not.toHaveBeenCalled()
})
