import { describe, expect, test, vi } from 'vitest'
import { addressText } from './address.ts'
import { clientAddress } from './client-address.ts'
import { neverHasAddress } from './client-reader.ts'
import { parseTrust, type Trust } from './trust.ts'

/** The address that a request counts for, and the warning. */
function read(trust: Trust, remoteAddress: string | undefined, forwarded: string | undefined, isUnix?: boolean): unknown {
  const { address, warning } = clientAddress({ remoteAddress, forwarded, isUnix }, parseTrust(trust))
  return [address === null ? null : addressText(address), warning === null ? null : warning.code]
}

test.each([
  ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'], ['10.0.0.1', '::2']],
  ['link-local', ['169.254.1.1', 'fe80::1', 'febf::1'], ['169.253.1.1', 'fec0::1']],
  ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1'], ['172.32.0.1', '127.0.0.1', '2001:db8::1']],
])('%s names its ranges, alone, in a list and in `from`', (word, inside, outside) => {
  for (const trust of [word, [word], ['203.0.113.1', word], { hops: 1, from: word }, { hops: 1, from: [word] }] as const) {
    for (const peer of inside) expect(read(trust, peer, '198.51.100.7'), peer).toEqual(['198.51.100.7', null])
    for (const peer of outside) expect(read(trust, peer, '198.51.100.7'), peer).toMatchObject([{}, 'SLUICE_TRUST_STRANGER'])
  }
})

describe('hops count the entries from the right', () => {
  const trust: Trust = { hops: 2, from: ['10.0.0.0/8'] }
  test.each([
    ['the entry at the place', '198.51.100.7, 192.0.2.1', '198.51.100.7', null],
    ['never what a client wrote in front', '10.1.1.1, 127.0.0.1, 198.51.100.7, 192.0.2.1', '198.51.100.7', null],
    ['the first entry of a shorter chain', '192.0.2.1', '192.0.2.1', 'SLUICE_TRUST_SHORT'],
    ['the nearest one to the right of what cannot be read', 'unknown, 192.0.2.1', '192.0.2.1', null],
    ['the entry at the place, whatever a proxy writes for another', '198.51.100.7, unix:', '198.51.100.7', null],
    ['the peer where there is no entry', ' , ', '10.0.0.1', null],
    ['the peer where there is no header', undefined, '10.0.0.1', null],
  ])('%s counts', (_what, forwarded, address, warning) => {
    expect(read(trust, '10.0.0.1', forwarded)).toEqual([address, warning])
  })

  test('of listed peers alone', () => {
    expect(read(trust, '192.0.2.9', '198.51.100.7, 192.0.2.1')).toEqual(['192.0.2.9', 'SLUICE_TRUST_STRANGER'])
  })
})

describe('a named header', () => {
  const trust: Trust = { header: 'CF-Connecting-IP', from: ['10.0.0.0/8'] }
  test.each([
    ['is read', '198.51.100.7', '198.51.100.7', null],
    ['is read in any notation', '[2001:DB8::7]:443', '2001:db8::7', null],
    ['is not read where it is a list', '198.51.100.7, 198.51.100.8', '10.0.0.1', 'SLUICE_TRUST_UNREAD'],
    ['is not read where it is no address', 'unknown', '10.0.0.1', 'SLUICE_TRUST_UNREAD'],
    ['is missed where it is absent', undefined, '10.0.0.1', 'SLUICE_TRUST_UNREAD'],
  ])('%s', (_what, forwarded, address, warning) => {
    expect(read(trust, '10.0.0.1', forwarded)).toEqual([address, warning])
  })

  test('is believed from listed peers alone', () => {
    expect(read(trust, '192.0.2.9', '198.51.100.7')).toEqual(['192.0.2.9', 'SLUICE_TRUST_STRANGER'])
  })
})

describe('a connection that never has an address', () => {
  test.each<[Trust, string]>([
    ['unix', '198.51.100.7'],
    [['10.0.0.0/8', 'unix'], '198.51.100.7'],
    [{ hops: 1, from: 'unix' }, '198.51.100.7'],
    [{ header: 'x-real-ip', from: 'unix' }, '198.51.100.7'],
  ])('is trusted by %j', (trust, header) => {
    expect(read(trust, undefined, header, true)).toEqual(['198.51.100.7', null])
    // A TCP client that has hung up is no proxy.
    expect(read(trust, undefined, header, false)).toEqual([null, 'SLUICE_TRUST_ADDRESS'])
  })

  test('has no client where the header cannot be read', () => {
    expect(read('unix', undefined, 'unknown', true)).toEqual([null, null])
    expect(read({ hops: 1, from: 'unix' }, undefined, undefined, true)).toEqual([null, null])
  })

  test.each([
    ['no socket at all', undefined, true],
    ['a server on a path', { server: { listening: false, address: () => '/run/app.sock' } }, true],
    ['a server on a socket that a supervisor opened', { server: { listening: true, address: () => null } }, true],
    ['a TCP server', { server: { listening: true, address: () => ({ port: 80 }) } }, false],
    ['a TCP server that has closed', { server: { listening: false, address: () => null } }, false],
    ['a socket of no server', {}, false],
  ])('is known by %s: %#', (_what, socket, never) => {
    expect(neverHasAddress(socket)).toBe(never)
  })
})

test.each<[unknown, string, RegExp]>([
  [true, 'SLUICE_OPTION_TYPE', /hops, from/],
  [1, 'SLUICE_OPTION_TYPE', /hops, from/],
  [{ hops: 1 }, 'SLUICE_OPTION_TYPE', /trust\.from/],
  [{ header: 'x-real-ip' }, 'SLUICE_OPTION_TYPE', /trust\.from/],
  [{ hops: 1, from: [] }, 'SLUICE_OPTION_TYPE', /trust\.from/],
  [{ hops: 1, from: 10 }, 'SLUICE_OPTION_TYPE', /trust\.from/],
  [{ hops: 0, from: 'unix' }, 'SLUICE_OPTION_TYPE', /1 to 32/],
  [{ hops: 1.5, from: 'unix' }, 'SLUICE_OPTION_TYPE', /1 to 32/],
  [{ hops: '1', from: 'unix' }, 'SLUICE_OPTION_TYPE', /1 to 32/],
  [{ from: ['10.0.0.0/8'] }, 'SLUICE_OPTION_TYPE', /hops, from/],
  [{ hops: 1, header: 'x-real-ip', from: 'unix' }, 'SLUICE_OPTION_TYPE', /hops, from/],
  [{ hop: 1, from: 'unix' }, 'SLUICE_OPTION_UNKNOWN', /trust\.hop/],
  [{ header: 'X-Forwarded-For', from: 'unix' }, 'SLUICE_TRUST_HEADER_LIST', /X-Forwarded-For/],
  [{ header: 'forwarded', from: 'unix' }, 'SLUICE_TRUST_HEADER_LIST', /forwarded/],
  [{ header: 'real ip', from: 'unix' }, 'SLUICE_OPTION_TYPE', /trust\.header/],
  [['10.0.0.0/8', 'linklocal'], 'SLUICE_CIDR', /trust\[1\].*link-local/],
  [{ hops: 1, from: ['loopback', '10.0.0.0/33'] }, 'SLUICE_CIDR', /trust\.from\[1\]/],
])('does not take %j: %s', (trust, code, message) => {
  expect(() => parseTrust(trust)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
})

test('warns of a range that covers everybody, in a list and in `from`', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  parseTrust(['0.0.0.0/0'])
  parseTrust({ hops: 1, from: '::/0' })
  expect(warned.mock.calls.map(([, options]) => (options as { code?: string }).code)).toEqual(Array(2).fill('SLUICE_TRUST_EVERYONE'))
  warned.mockRestore()
})
