/** Fastify's own proxy setting: what it vouches for is used where the guard has no list of its own, and checked. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyServerOptions } from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { FastifySluice } from './options.ts'
import { sluice } from './plugin.ts'

async function countedAs(
  forwardedFor: string,
  server: FastifyServerOptions,
  options: FastifySluice = {},
  remoteAddress = '10.0.0.1',
): Promise<string> {
  const app = Fastify(server)
  app.register(sluice, options)
  app.get('/', async (request) => request.sluice.http.address)
  return (await app.inject({ url: '/', headers: { 'x-forwarded-for': forwardedFor }, remoteAddress })).body
}

describe('trustProxy', () => {
  test.each<[string, FastifyServerOptions['trustProxy'], string, string]>([
    ['of nobody leaves the socket', false, '203.0.113.9', '10.0.0.1'],
    ['of a range is honoured', ['10.0.0.0/8'], '203.0.113.9', '203.0.113.9'],
    ['of a range stops at the first stranger', ['10.0.0.0/8'], '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['of a range in one string is honoured', '10.0.0.0/8,192.168.0.0/16', '203.0.113.9, 192.168.0.7', '203.0.113.9'],
    ['of another range leaves the socket', ['192.168.0.0/16'], '203.0.113.9', '10.0.0.1'],
    ['makes no bucket of what is no address', ['10.0.0.0/8'], 'unknown, 10.0.0.7', '10.0.0.7'],
    ['reads an address with a port', ['10.0.0.0/8'], '203.0.113.9:5678', '203.0.113.9'],
    ['groups IPv6 as ever', ['10.0.0.0/8'], '2001:db8:0:1234::9', '2001:db8:0:1200::/56'],
    ['unwraps mapped addresses', ['10.0.0.0/8'], '::ffff:203.0.113.9', '203.0.113.9'],
  ])('%s', async (_what, trustProxy, forwardedFor, counted) => {
    expect(await countedAs(forwardedFor, { trustProxy: trustProxy! })).toBe(counted)
  })

  test('gives way to the list of the guard', async () => {
    expect(await countedAs('203.0.113.9, 192.168.0.7', { trustProxy: ['10.0.0.0/8'] }, { trust: ['10.0.0.0/8', '192.168.0.0/16'] })).toBe(
      '203.0.113.9',
    )
    expect(await countedAs('203.0.113.9', { trustProxy: ['10.0.0.0/8'] }, { trust: ['172.16.0.0/12'] })).toBe('10.0.0.1')
  })

  test.each<[FastifyServerOptions['trustProxy'] | number, FastifySluice['trust'], string[]]>([
    [true, undefined, ['SLUICE_TRUST_PROXY']],
    // A number trusts no proxy since Fastify 5.12.1, and what comes from one is ignored.
    [1, undefined, ['SLUICE_TRUST_NO_HOPS', 'SLUICE_TRUST_STRANGER']],
    [['172.16.0.0/12'], undefined, ['SLUICE_TRUST_STRANGER']],
    [['10.0.0.0/8'], undefined, []],
    // The guard's own word counts alone.
    [true, ['10.0.0.0/8'], []],
    [1, { hops: 1, from: 'private' }, []],
  ])('of %j, and `trust` of %j, draws true warnings', async (trustProxy, trust, codes) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    vi.resetModules()
    const { sluice: fresh } = await import('./plugin.ts')
    const app = Fastify({ trustProxy: trustProxy as true })
    app.register(fresh, { trust, limits: [{ name: 'ip', rule: tokenBucket({ capacity: 9, per: '1h' }) }] })
    for (let i = 0; i < 2; i++) await app.inject({ url: '/', headers: { 'x-forwarded-for': '203.0.113.9' }, remoteAddress: '10.0.0.1' })
    expect(warned.mock.calls.map(([, options]) => (options as { code?: string }).code)).toEqual(codes)
    warned.mockRestore()
  })
})

test('`trustProxy` as a function can trust a Unix socket, which has no address', async () => {
  const app = Fastify({ trustProxy: (address) => address === undefined })
  app.register(sluice, { denyList: ['198.51.100.7'] })
  app.get('/', async (request) => request.sluice.http.address)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  const socketPath = join(folder, 'socket')
  await app.listen({ path: socketPath })
  onTestFinished(async () => {
    await app.close()
    rmSync(folder, { recursive: true })
  })
  const ask = (forwardedFor: string): Promise<readonly [status: number | undefined, body: string]> =>
    new Promise((resolve, reject) => {
      request({ socketPath, path: '/', headers: { 'x-forwarded-for': forwardedFor } }, (response) => {
        text(response).then((body) => resolve([response.statusCode, body]), reject)
      }).end()
    })
  expect(await ask('::ffff:192.0.2.7')).toEqual([200, '192.0.2.7'])
  expect((await ask('198.51.100.7'))[0]).toBe(403)
})
