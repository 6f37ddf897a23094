import { spoofedValues } from '@sluice/conformance/adapter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText } from './address.ts'
import { keyOf } from './address-key.ts'
import { clientAddress } from './client-address.ts'
import { parseTrust } from './trust.ts'

const noProxy = parseTrust(undefined)
const proxies = parseTrust(['10.0.0.0/8'])

function read(remoteAddress: string | undefined, forwarded: string | undefined, trust = noProxy): readonly [string | null, string | null] {
  const { address, warning } = clientAddress({ remoteAddress, forwarded }, trust)
  return [address === null ? null : addressText(address), warning === null ? null : warning.code]
}

describe('with no trusted proxy', () => {
  test('the socket counts', () => {
    expect(read('::ffff:192.0.2.7', undefined)).toEqual(['192.0.2.7', null])
  })

  test('a forwarding header is ignored, and said to be so', () => {
    expect(read('192.0.2.7', '203.0.113.9')).toEqual(['192.0.2.7', 'SLUICE_TRUST_MISSING'])
  })

  test.each(spoofedValues)('%j chooses no bucket', (value) => {
    expect(read('192.0.2.7', value)[0]).toBe('192.0.2.7')
  })
})

describe('with trusted proxies', () => {
  test('the header counts when one of them sent it', () => {
    expect(read('10.0.0.1', '203.0.113.9', proxies)).toEqual(['203.0.113.9', null])
    expect(read('::ffff:10.0.0.1', '203.0.113.9', proxies)).toEqual(['203.0.113.9', null])
  })

  test('a stranger who sends it passes for no other client', () => {
    expect(read('192.0.2.7', '203.0.113.9', proxies)).toEqual(['192.0.2.7', 'SLUICE_TRUST_STRANGER'])
  })

  test('a proxy that sends no header is the client', () => {
    expect(read('10.0.0.1', undefined, proxies)).toEqual(['10.0.0.1', null])
  })

  test.each(spoofedValues)('%j in front of what the proxy appends chooses no bucket', (value) => {
    expect(read('10.0.0.1', `${value}, 203.0.113.9`, proxies)[0]).toBe('203.0.113.9')
  })
})

test.each([undefined, '', 'unknown'])('the client of a socket is unknown if its address is %j', (remoteAddress) => {
  expect(read(remoteAddress, undefined)).toEqual([null, null])
  for (const trust of [noProxy, proxies]) expect(read(remoteAddress, '203.0.113.9', trust)).toEqual([null, 'SLUICE_TRUST_ADDRESS'])
})

test('one client cannot have two buckets, whatever it sends through a proxy', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('203.0.113.9', '203.0.113.9:1234', '::ffff:203.0.113.9', '[::ffff:cb00:7109]:1'),
      (sent, appended) => {
        const { address } = clientAddress({ remoteAddress: '10.0.0.1', forwarded: `${sent}, ${appended}` }, proxies)
        expect(keyOf(address!)).toBe('203.0.113.9')
      },
    ),
  )
})
