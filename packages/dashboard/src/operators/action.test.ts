/** Actions of operators: done once, by whom, and never from another site. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { actionHeaders, operatorsScene } from '../../test/operators-scene.ts'

afterEach(() => void vi.useRealTimers())

const messageOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { readonly message: string }).message

test('a key is inspected, blocked, let go and reset, and each is audited with who did it', async () => {
  const { act, limiter, audited, ask } = operatorsScene()
  for (let i = 0; i < 2; i++) limiter.consume('mallory')
  const key = { limit: 'per-user', key: 'mallory' }
  expect(messageOf(await act({ verb: 'inspect', ...key }))).toBe('1 of 3 left. Full again in 40 minutes.')
  expect(messageOf(await act({ verb: 'inspect', limit: 'per-user', key: 'new' }))).toBe('The key has no bucket: it has its whole capacity.')
  expect(await act({ verb: 'block', ...key, duration: '1h' })).toMatchObject({ status: 200 })
  expect(limiter.consume('mallory').allowed).toBe(false)
  expect(messageOf(await act({ verb: 'inspect', ...key }))).toContain('Blocked for 60 minutes.')
  expect((await ask('GET')).body).toContain('60 minutes</td>')
  await act({ verb: 'lift', ...key })
  expect(limiter.consume('mallory').allowed).toBe(true)
  await act({ verb: 'reset', ...key })
  expect(limiter.peek('mallory').limits[0]!.remaining).toBe(3)
  expect(audited.map(({ who, verb, limit, key: of, duration, outcome }) => [who, verb, limit, of, duration, outcome])).toEqual([
    ['ann', 'inspect', 'per-user', 'mallory', null, 'done'],
    ['ann', 'inspect', 'per-user', 'new', null, 'done'],
    ['ann', 'block', 'per-user', 'mallory', '1h', 'done'],
    ['ann', 'inspect', 'per-user', 'mallory', null, 'done'],
    ['ann', 'lift', 'per-user', 'mallory', null, 'done'],
    ['ann', 'reset', 'per-user', 'mallory', null, 'done'],
  ])
  const { body } = await ask('GET')
  expect(body).toMatch(/ann blocked #[0-9a-f]{10} of per-user for 1h, \d seconds? ago/)
  expect(body).not.toContain('mallory')
})

test('a key of the page is named by its token', async () => {
  vi.useFakeTimers({ now: 1_000_000_000_500 })
  const { act, limiter, ask } = operatorsScene()
  for (let i = 0; i < 4; i++) limiter.consume('mallory')
  await vi.advanceTimersByTimeAsync(1000)
  const [, token] = /data-token="([0-9a-f]+)"/.exec((await ask('GET')).body)!
  expect(await act({ verb: 'block', token, limit: 'other', duration: 'forever' })).toMatchObject({ status: 200 })
  expect(limiter.inspect('per-user', 'mallory')).toMatchObject({ blockedForMs: null })
  expect(await act({ verb: 'lift', token: 'f'.repeat(32) })).toMatchObject({ status: 400 })
})

test('a key that is a list is written as JSON', async () => {
  const { act, audited } = operatorsScene()
  expect(await act({ verb: 'block', limit: 'per-user', key: '["acme", 7]', duration: '1h' })).toMatchObject({ status: 200 })
  expect(audited[0]!.key).toEqual(['acme', 7])
})

describe('an action from elsewhere is refused', () => {
  const header = actionHeaders({ verb: 'reset', limit: 'per-user', key: 'mallory' })['x-sluice-action']!
  test.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', 'x-sluice-action': header }, 403],
    ['of another origin of the site', { 'sec-fetch-site': 'same-site', 'x-sluice-action': header }, 403],
    ['of no site', { 'sec-fetch-site': 'none', 'x-sluice-action': header }, 403],
    ['that says nothing of itself', { 'x-sluice-action': header }, 403],
    ['of another origin', { origin: 'https://evil.example', host: 'shop.example', 'x-sluice-action': header }, 403],
    ['of an origin that is none', { origin: 'null', host: 'shop.example', 'x-sluice-action': header }, 403],
    ['of another port', { origin: 'https://shop.example:8443', host: 'shop.example', 'x-sluice-action': header }, 403],
    ['without its header', { 'sec-fetch-site': 'same-origin' }, 403],
    ['of the page in an older browser', { origin: 'https://shop.example', host: 'shop.example', 'x-sluice-action': header }, 200],
    ['of the page', { 'sec-fetch-site': 'same-origin', 'x-sluice-action': header }, 200],
  ])('a request %s', async (_what, headers: Readonly<Record<string, string>>, status) => {
    const { ask, limiter, audited } = operatorsScene()
    limiter.consume('mallory')
    expect((await ask('POST', '/', headers)).status).toBe(status)
    expect([limiter.peek('mallory').limits[0]!.remaining, audited.length]).toEqual(status === 200 ? [3, 1] : [2, 0])
  })
})

test.each([
  ['no JSON', '%', 400],
  ['null', 'null', 400],
  ['no verb', '{"verb":"drop","limit":"per-user","key":"a"}', 400],
  ['no key', '{"verb":"reset","limit":"per-user","key":""}', 400],
  ['a key that is no JSON', '{"verb":"reset","limit":"per-user","key":"[1"}', 400],
  ['a key that is an object', '{"verb":"reset","limit":"per-user","key":"{}"}', 400],
  ['no limit', '{"verb":"reset","key":"a"}', 400],
  ['an unknown limit', '{"verb":"reset","limit":"other","key":"a"}', 404],
  ['a block without a duration', '{"verb":"block","limit":"per-user","key":"a"}', 400],
  ['a block for nonsense', '{"verb":"block","limit":"per-user","key":"a","duration":"long"}', 400],
  ['a reset with a duration', '{"verb":"reset","limit":"per-user","key":"a","duration":"1h"}', 400],
  ['far too much', `"${'a'.repeat(9000)}"`, 400],
])('%s is a clear 4xx, and nothing is done', async (_what, text, status) => {
  const { ask, audited } = operatorsScene()
  const answer = await ask('POST', '/', {
    'sec-fetch-site': 'same-origin',
    'x-sluice-action': text === '%' ? text : encodeURIComponent(text),
  })
  expect([answer.status, audited]).toEqual([status, []])
  expect(messageOf(answer)).toMatch(/\.|: /)
})

test('what a limiter cannot do is told and audited as failed', async () => {
  const { act, limiter, audited } = operatorsScene()
  await limiter.close()
  const answer = await act({ verb: 'reset', limit: 'per-user', key: 'mallory' })
  expect([answer.status, audited[0]?.outcome]).toEqual([503, 'failed'])
})

test('an audit log that throws does not undo the action, and its error surfaces', async () => {
  const rethrown: (() => void)[] = []
  vi.stubGlobal('queueMicrotask', (run: () => void) => rethrown.push(run))
  const { act } = operatorsScene({
    audit() {
      throw new Error('disk full')
    },
  })
  expect(await act({ verb: 'reset', limit: 'per-user', key: 'mallory' })).toMatchObject({ status: 200 })
  vi.unstubAllGlobals()
  expect(rethrown[0]).toThrow('disk full')
})
