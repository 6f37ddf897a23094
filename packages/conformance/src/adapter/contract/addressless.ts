/** Connections without an address, as over a Unix socket. */
import { tokenBucket } from '@sluice/core'
import { addressKey, type HttpLimit, type HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import { quotaOf } from '../quota-fields.ts'
import { type OpenSite, statusesOf, type Trial, warningsOf } from '../trial.ts'
import { temporarySocket } from '../unix-socket.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }]
const trust = ['127.0.0.0/8', '10.0.0.0/8']

export function addresslessContract({ open, describe, test }: Trial): void {
  describe('a connection without an address', () => {
    function overUnixSocket(guard: HttpOptions<unknown>): Promise<OpenSite> {
      return open(guard, {
        routes: [{ path: '/', handle: ({ sluice }) => ({ body: String(sluice.http.ip) }) }],
        socketPath: temporarySocket(),
      })
    }

    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 200],
    ] as const)('is a fault for a limit by address, and onFault %s answers %i', async (onFault, status) => {
      const faults: unknown[] = []
      const { ask } = await overUnixSocket({
        limits,
        onFault,
        observe: (event) => event.type === 'fault' && faults.push(event.error),
      })
      const reply = await ask('/')
      expect(reply.status).toBe(status)
      expect(quotaOf(reply)).toEqual({})
      expect(faults).toMatchObject([{ code: 'SLUICE_ADDRESS' }])
    })

    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 503],
    ] as const)('is a fault for a deny list, and onFault %s answers %i', async (onFault, status) => {
      const faults: unknown[] = []
      const { ask } = await overUnixSocket({
        limits: [{ ...limits[0]!, by: () => 'all' }],
        denyList: ['::1'],
        onFault,
        observe: (event) => event.type === 'fault' && faults.push(event.error),
      })
      expect((await ask('/')).status).toBe(status)
      expect(faults).toMatchObject([{ code: 'SLUICE_ADDRESS' }])
    })

    test('is counted by the address that its proxy writes, where `by` reads it', async () => {
      const by: HttpLimit['by'] = (_request, http) => addressKey(http.header('x-real-ip'))
      const { ask } = await overUnixSocket({ limits: [{ ...limits[0]!, by }] })
      const from = (address: string) => ask({ path: '/', headers: { 'x-real-ip': address } })
      expect(statusesOf([await from('192.0.2.7'), await from('::ffff:192.0.2.7'), await from('192.0.2.8')])).toEqual([200, 429, 200])
    })

    test.each<HttpOptions<unknown>['trust'] & object>([
      ['unix', '10.0.0.0/8'],
      { hops: 1, from: 'unix' },
      { header: 'x-forwarded-for-client', from: ['unix'] },
    ])('is a proxy where `trust` says so: %j', async (trusted) => {
      const { ask } = await overUnixSocket({ trust: trusted, limits, denyList: ['192.0.2.99'] })
      const from = (address: string) => ask({ path: '/', headers: { 'x-forwarded-for': address, 'x-forwarded-for-client': address } })
      const replies = [await from('192.0.2.7'), await from('192.0.2.7'), await from('192.0.2.8'), await from('192.0.2.99')]
      expect(statusesOf(replies)).toEqual([200, 429, 200, 403])
      expect(replies[0]!.body).toBe('192.0.2.7')
    })

    test('draws a warning that is true of it, whether `trust` has entries or none', async () => {
      for (const trusted of [undefined, trust]) {
        const warnings = await warningsOf(async () => {
          const site = await overUnixSocket({ limits: [{ ...limits[0]!, by: () => 'all' }], trust: trusted, allowList: ['127.0.0.1'] })
          await site.ask({ path: '/', headers: { 'x-forwarded-for': '192.0.2.7' } })
        })
        // A process says the same text once.
        expect(warnings.filter((code) => code === 'SLUICE_TRUST_MISSING' || code === 'SLUICE_TRUST_STRANGER')).toEqual([])
      }
    })

    test('is served by limits that count something else', async () => {
      const { askTimes } = await overUnixSocket({ limits: [{ ...limits[0]!, by: () => 'all' }], allowList: ['127.0.0.1'] })
      const replies = await askTimes(2, '/')
      expect(statusesOf(replies)).toEqual([200, 429])
      expect(replies[0]!.body).toBe('null')
    })
  })
}
