/** Whose request it is: the socket's word, or that of listed proxies, and no other. */
import { type Key, tokenBucket } from '@sluice/core'
import { addressKey, type HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import { forwardingHeaders, spoofedValues } from '../forwarding-headers.ts'
import { type OpenSite, statusesOf, type Trial, warningsOf } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }]
/** Answers who asks. */
const whoAmI: SiteRoute = { path: '/', handle: ({ sluice }) => ({ body: JSON.stringify([sluice.http.address, sluice.http.ip]) }) }
const trust = ['127.0.0.0/8', '10.0.0.0/8']

/** A process says each text once, so that each limit of these tests has a name of its own. */
let named = 0

export function addressesContract({ open, describe, test }: Trial): void {
  /** The address by which a client is counted, and its whole address. */
  async function countedAs(forwardedFor: string | string[]): Promise<readonly [address: string, ip: string]> {
    const { ask } = await open({ trust }, { routes: [whoAmI] })
    return JSON.parse((await ask({ path: '/', headers: { 'x-forwarded-for': forwardedFor } })).body)
  }

  describe('with no trusted proxy', () => {
    test('the socket counts', async () => {
      const { ask } = await open({}, { routes: [whoAmI] })
      expect(JSON.parse((await ask('/')).body)).toEqual(['127.0.0.1', '127.0.0.1'])
    })

    test('no forwarding header mints a bucket', async () => {
      const { ask } = await open({ limits })
      await ask('/')
      for (const name of forwardingHeaders) expect((await ask({ path: '/', headers: { [name]: '203.0.113.9' } })).status, name).toBe(429)
    })

    test('all of them together mint none, whatever they say', async () => {
      const { ask } = await open({ limits })
      await ask('/')
      for (const value of spoofedValues) {
        const headers = Object.fromEntries(forwardingHeaders.map((name) => [name, value]))
        expect((await ask({ path: '/', headers })).status, value).toBe(429)
      }
    })

    test('nor do they in several lines, or in any case', async () => {
      const { ask } = await open({ limits })
      await ask('/')
      for (const change of [String, (name: string) => name.toUpperCase(), (name: string) => name.toLowerCase()]) {
        const headers = Object.fromEntries(forwardingHeaders.map((name) => [change(name), ['198.51.100.1', '198.51.100.2']]))
        expect((await ask({ path: '/', headers })).status).toBe(429)
      }
    })
  })

  describe('with trusted proxies', () => {
    test.each([
      ['the client', '203.0.113.9', '203.0.113.9'],
      ['the client behind another proxy', '203.0.113.9, 10.0.0.7', '203.0.113.9'],
      ['what a proxy saw, not what the client wrote before it', '1.2.3.4, 10.9.9.9, 203.0.113.9', '203.0.113.9'],
      ['a client with a port', '203.0.113.9:5678', '203.0.113.9'],
      ['an IPv6 client with brackets and a port', '[2001:db8:0:1::9]:443', '2001:db8::/56'],
      ['the nearest proxy, where it knows no client', 'unknown, 10.0.0.7', '10.0.0.7'],
      ['the peer, where the name is hidden', '_hidden', '127.0.0.1'],
      ['the peer, where the header is empty', '', '127.0.0.1'],
      ['the peer, where the header has nothing but commas', ' , ,, ', '127.0.0.1'],
      ['the peer, where a quotation never ends', '"203.0.113.9', '127.0.0.1'],
      ['the client, after as many lies as a header can hold', `${'198.51.100.1,'.repeat(900)}203.0.113.9`, '203.0.113.9'],
      ['a proxy, where the chain is longer than any honest one', `203.0.113.9${',10.0.0.7'.repeat(40)}`, '10.0.0.7'],
      ['the farthest proxy, where all of them are ours', '10.0.0.8, 10.0.0.7', '10.0.0.8'],
    ])('%s counts', async (_what, forwardedFor, counted) => {
      expect((await countedAs(forwardedFor))[0]).toBe(counted)
    })

    test('several lines are one chain', async () => {
      expect(await countedAs(['1.2.3.4', '203.0.113.9', '10.0.0.7'])).toEqual(['203.0.113.9', '203.0.113.9'])
    })

    test('other headers than X-Forwarded-For still mint no bucket', async () => {
      const { ask } = await open({ limits, trust })
      await ask('/')
      for (const name of forwardingHeaders.slice(1))
        expect((await ask({ path: '/', headers: { [name]: '203.0.113.9' } })).status, name).toBe(429)
    })

    test('a peer that is not listed is believed nothing', async () => {
      const { ask } = await open({ trust: ['10.0.0.0/8'] }, { routes: [whoAmI] })
      expect(JSON.parse((await ask({ path: '/', headers: { 'x-forwarded-for': '203.0.113.9' } })).body)).toEqual(['127.0.0.1', '127.0.0.1'])
    })
  })

  describe('with proxies that are counted', () => {
    const hops = (from: readonly string[]) => open({ trust: { hops: 2, from } }, { routes: [whoAmI] })

    test('the entry at the number of hops counts, and nothing left of it', async () => {
      const { ask } = await hops(['loopback'])
      const reply = await ask({ path: '/', headers: { 'x-forwarded-for': '1.2.3.4, 203.0.113.9, 198.51.100.7' } })
      expect(JSON.parse(reply.body)[1]).toBe('203.0.113.9')
    })

    test('a peer that is not listed is believed nothing', async () => {
      const { ask } = await hops(['private'])
      const reply = await ask({ path: '/', headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' } })
      expect(JSON.parse(reply.body)[1]).toBe('127.0.0.1')
    })
  })

  describe('with a named header', () => {
    const named = (from: string) => open({ trust: { header: 'CF-Connecting-IP', from } }, { routes: [whoAmI] })
    const headers = { 'cf-connecting-ip': '203.0.113.9', 'x-forwarded-for': '198.51.100.7' }

    test('it alone counts from a listed proxy', async () => {
      const { ask } = await named('loopback')
      expect(JSON.parse((await ask({ path: '/', headers })).body)[1]).toBe('203.0.113.9')
    })

    test('it counts for nothing from any other peer', async () => {
      const { ask } = await named('link-local')
      expect(JSON.parse((await ask({ path: '/', headers })).body)[1]).toBe('127.0.0.1')
    })
  })

  describe('IPv6', () => {
    const from = ({ ask }: OpenSite, address: string) => ask({ path: '/', headers: { 'x-forwarded-for': address } })

    test('rotating the bits that a household owns stays in one bucket', async () => {
      const site = await open({ limits, trust })
      const inside = [
        '2001:db8:0:1200::1',
        '2001:db8:0:12ff:ffff:ffff:ffff:ffff',
        '2001:DB8:0:1234::dead:beef',
        '2001:0db8:0000:1280::1%eth0',
      ]
      const replies = []
      for (const address of inside) replies.push(await from(site, address))
      expect(statusesOf(replies)).toEqual([200, 429, 429, 429])
    })

    test('the next household has its own', async () => {
      const site = await open({ limits, trust })
      expect(statusesOf([await from(site, '2001:db8:0:12ff::1'), await from(site, '2001:db8:0:1300::1')])).toEqual([200, 200])
    })

    test('households may be told apart by another prefix', async () => {
      const site = await open({ limits, trust, ipv6Prefix: 64 })
      expect(
        statusesOf([await from(site, '2001:db8:0:1::1'), await from(site, '2001:db8:0:2::1'), await from(site, '2001:db8:0:2:9::')]),
      ).toEqual([200, 200, 429])
    })

    test('is told in full where the address itself is asked for', async () => {
      expect(await countedAs('2001:DB8:0:1200:0:0:0:1')).toEqual(['2001:db8:0:1200::/56', '2001:db8:0:1200::1'])
    })

    test('an IPv4 address mapped into it is IPv4 by its bits, in both notations', async () => {
      const site = await open({ limits, trust })
      const notations = ['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304', '::FFFF:0102:0304', '0:0:0:0:0:ffff:102:304']
      const replies = []
      for (const address of notations) replies.push(await from(site, address))
      expect(statusesOf(replies)).toEqual([200, 429, 429, 429, 429])
      expect((await from(site, '::ffff:1.2.3.5')).status).toBe(200)
    })

    test('an IPv4 address behind NAT64 is that IPv4 address, of either prefix', async () => {
      expect(await countedAs('64:ff9b::102:304')).toEqual(['1.2.3.4', '1.2.3.4'])
      expect(await countedAs('64:FF9B:1:FFFE::1.2.3.4')).toEqual(['1.2.3.4', '1.2.3.4'])
    })

    test('a proxy that comes through NAT64 is believed as its IPv4 address is', async () => {
      expect(await countedAs('203.0.113.9, 64:ff9b::10.0.0.7')).toEqual(['203.0.113.9', '203.0.113.9'])
    })

    test.each<[string, number, (ip: string) => Key | Promise<Key>]>([
      ['is warned of where `by` returns one bare, once', 1, (ip) => ip],
      ['is warned of where `by` returns one bare later, once', 1, async (ip) => ip],
      ['is warned of where it is a part of a key', 1, (ip) => ['a', ip]],
      ['is not warned of where `by` returns its key', 0, (ip) => addressKey(ip)],
    ])('%s', async (_what, times, key) => {
      const name = `bare-${++named}`
      const warnings = await warningsOf(async () => {
        const site = await open({ trust, limits: [{ ...limits[0]!, name, by: (_request, http) => key(http.ip!) }] })
        await from(site, '192.0.2.7')
        for (let i = 1; i <= 3; i++) await from(site, `2001:db8::${i}`)
      })
      expect(warnings.filter((code) => code === 'SLUICE_KEY_IPV6')).toHaveLength(times)
    })

    test('a dotted tail alone makes no IPv4 address', async () => {
      expect(await countedAs('2001:db8::1.2.3.4')).toEqual(['2001:db8::/56', '2001:db8::102:304'])
    })
  })
}
