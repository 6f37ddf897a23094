/** The operators' page without a framework: who may see it, what it answers, and what it never does without a right. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { actionHeaders, operatorsScene } from '../../test/operators-scene.ts'
import { createLiveView } from '../live/live-view.ts'
import { operatorsPageEndpoint } from './endpoint.ts'
import { operatorsScript } from './script.generated.ts'

afterEach(() => void vi.restoreAllMocks())

describe('without a right', () => {
  test('`authorize` is required at the start', () => {
    const view = createLiveView({})
    view.close()
    for (const [option, options] of [
      ['authorize', { view }],
      ['authorize', { view, authorize: true }],
      ['view', { view: {}, authorize: () => 'ann' }],
    ] as const)
      expect(() => operatorsPageEndpoint(options as never)).toThrow(
        expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', message: expect.stringContaining(option) }),
      )
    expect(() => operatorsPageEndpoint({ view, authorize: () => null, autorize: 1 } as never)).toThrow(
      expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }),
    )
  })

  test.each(['/', '/?stream', '/?series=per-user', `/?asset=${operatorsScript.hash}`])(
    'GET %s is refused, and says nothing of any limit',
    async (url) => {
      const { ask, limiter } = operatorsScene()
      limiter.consume('mallory')
      const answer = await ask('GET', url, {}, null)
      expect([answer.status, answer.stream]).toEqual([403, undefined])
      expect(answer.body).toContain('You may not see this page.')
      expect(answer.body).not.toContain('per-user')
    },
  )

  test('no action is done', async () => {
    const { ask, limiter, audited } = operatorsScene()
    limiter.consume('mallory')
    const answer = await ask('POST', '/', actionHeaders({ verb: 'reset', limit: 'per-user', key: 'mallory' }), null)
    expect([answer.status, audited, limiter.inspect('per-user', 'mallory')?.remaining]).toEqual([403, [], 2])
  })

  test.each([
    ['throws', () => Promise.reject(new Error('sessions are away'))],
    ['answers no name', () => true as never],
    ['takes too long', () => new Promise<string>(() => undefined)],
  ])('where `authorize` %s nobody sees the page, and the process warns of the cause', async (_how, authorize) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { ask } = operatorsScene({ authorize, functionTimeout: '10ms' })
    const answer = await ask('GET')
    expect([answer.status, answer.body.includes('per-user')]).toEqual([500, false])
    expect(warned.mock.calls.map(([, options]) => options)).toMatchObject([{ code: 'SLUICE_OPERATORS' }])
  })
})

describe('the page', () => {
  test('is complete as it is sent, is read again without scripts, and is kept by no cache', async () => {
    const { ask, limiter } = operatorsScene()
    for (let i = 0; i < 4; i++) limiter.consume('mallory')
    const { status, headers, body } = await ask('GET')
    expect(status).toBe(200)
    const [nonce] = /(?<=<style nonce=")[\w+/=]{24}(?=">)/.exec(body)!
    expect(Object.fromEntries(headers)).toMatchObject({
      'Cache-Control': 'no-store',
      Refresh: '5',
      'X-Frame-Options': 'DENY',
      'Content-Security-Policy': expect.stringContaining(`script-src 'nonce-${nonce}'; connect-src 'self'`),
    })
    expect(body).toContain(`<script nonce="${nonce}" src="?asset=${operatorsScript.hash}"></script>`)
    expect(body).toContain('No decisions in the last 10 seconds. No outage.')
    expect(body).not.toContain('mallory')
    expect(await ask('HEAD')).toMatchObject({ status: 200, body: '' })
  })

  test('has its script under its hash, for ever, and under no other name', async () => {
    const { ask } = operatorsScene()
    const { status, headers, body } = await ask('GET', `/operators?asset=${operatorsScript.hash}`)
    expect([status, new Map(headers).get('Cache-Control')]).toEqual([200, 'private, max-age=31536000, immutable'])
    expect(body).toMatch(/^\/\*! With uPlot [\d.]+, Copyright \(c\) Leon Sorokin, MIT License/)
    expect((await ask('GET', '/?asset=0000')).status).toBe(404)
  })

  test('the script and the styles are those of client/operators', async () => {
    const { bundled } = await import('../../client/bundle.ts')
    expect(bundled()['operators/script.generated.ts']).toContain(JSON.stringify(operatorsScript.text))
  })

  test('other methods are refused, with those that there are', async () => {
    const { status, headers } = await operatorsScene().ask('DELETE')
    expect([status, new Map(headers).get('Allow')]).toEqual([405, 'GET, HEAD, POST'])
  })

  test('the series of a limit is data, and that of no limit is not found', async () => {
    vi.useFakeTimers({ now: 1_000_000_000_500 })
    const { ask, limiter } = operatorsScene()
    limiter.consume('mallory')
    await vi.advanceTimersByTimeAsync(1000)
    const found = await ask('GET', '/?series=per-user')
    vi.useRealTimers()
    expect([found.status, (JSON.parse(found.body) as { readonly admitted: unknown[] }).admitted.at(-1)]).toEqual([200, 1])
    expect((await ask('GET', '/?series=other')).status).toBe(404)
  })
})
