/** Clients that hang up: at every stage what they took is settled once, and the server goes on. */
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect, onTestFinished } from 'vitest'
import { getRequest } from '../raw-connection.ts'
import { eventually, type OpenSite, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })

/** Something that is waited for, until it is opened or the test ends. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  onTestFinished(() => open())
  return { opened, open }
}

export function abortsContract({ open, describe, test }: Trial): void {
  /** What the settlement was told, request by request. */
  function watched(): { readonly limit: HttpLimit; readonly ended: boolean[] } {
    const ended: boolean[] = []
    // Three units for an answer that no client waited for.
    const settle: HttpLimit['settle'] = ({ aborted }) => {
      ended.push(aborted)
      return aborted ? 3 : 1
    }
    return { ended, limit: { name: 'ip', rule, settle } }
  }

  async function expectSettled(site: OpenSite, ended: readonly boolean[], expected: readonly boolean[], left: number): Promise<void> {
    await eventually(async () => {
      expect(ended).toEqual(expected)
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(left)
    })
    await serverHears()
    expect(ended).toEqual(expected)
  }

  describe('a client that hangs up', () => {
    test('while its key is looked up is settled as aborted', async () => {
      const { limit, ended } = watched()
      const lookUp = gate()
      const known = gate()
      const by = async (): Promise<string> => {
        lookUp.open()
        await known.opened
        return '127.0.0.1'
      }
      const site = await open({ limits: [{ ...limit, by }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await lookUp.opened
      await client.hangUp()
      await serverHears()
      known.open()
      await expectSettled(site, ended, [true], 7)
    })

    test.each(['before', 'after'] as const)('before it is answered is settled as aborted, debited %s', async (debit) => {
      const { limit, ended } = watched()
      const arrived = gate()
      const answered = gate()
      const handle = async () => {
        arrived.open()
        await answered.opened
        return {}
      }
      const site = await open({ limits: [{ ...limit, debit }] }, { routes: [{ path: '/', handle }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await arrived.opened
      await client.hangUp()
      await expectSettled(site, ended, [true], 7)
      answered.open()
      await expectSettled(site, ended, [true], 7)
    })

    test('in the middle of the answer is settled as aborted', async () => {
      const { limit, ended } = watched()
      const rest = gate()
      async function* body(): AsyncGenerator<string> {
        yield 'the first part'
        await rest.opened
        yield 'the rest'
      }
      const site = await open({ limits: [limit] }, { routes: [{ path: '/', handle: () => ({ body: body() }) }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await client.received('the first part')
      await client.hangUp()
      await expectSettled(site, ended, [true], 7)
    })

    test('after the whole answer is settled as answered', async () => {
      const { limit, ended } = watched()
      const site = await open({ limits: [limit] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await client.replies(['GET'])
      await client.hangUp()
      await expectSettled(site, ended, [false], 9)
    })

    test('in the middle of its own request is charged for nothing, or for what it asked', async () => {
      const { limit, ended } = watched()
      const site = await open({ limits: [limit] }, { routes: [{ method: 'POST', path: '/' }] })
      const client = await site.connect()
      client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":')
      await serverHears()
      await client.hangUp()
      await serverHears()
      expect(ended.length).toBeLessThanOrEqual(1)
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(ended.length === 0 ? 10 : ended[0] ? 7 : 9)
    })

    test('with several requests in flight is settled for each of them', async () => {
      const { limit, ended } = watched()
      const all = gate()
      const answered = gate()
      let arrived = 0
      const handle = async () => {
        if (++arrived === 3) all.open()
        await answered.opened
        return {}
      }
      const site = await open({ limits: [limit] }, { routes: [{ path: '/', handle }] })
      const client = await site.connect()
      client.write(getRequest('/').repeat(3))
      await all.opened
      await client.hangUp()
      await expectSettled(site, ended, [true, true, true], 1)
    })

    test('leaves the server to the others', async () => {
      const site = await open({ limits: [{ name: 'ip', rule }] })
      for (let i = 0; i < 5; i++) {
        const client = await site.connect()
        client.write(getRequest('/'))
        await client.hangUp()
      }
      expect((await site.ask('/')).status).toBe(200)
    })
  })
}

/** Long enough for a server on this machine to hear that a client has gone; there is no way to ask it. */
function serverHears(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30))
}
