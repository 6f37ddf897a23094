/** Which limits a request would meet: for operators alone, and for nothing. */
import { tokenBucket } from '@sluice/core'
import { guardFetch } from '@sluice/http/fetch'
import { describe, expect, test } from 'vitest'
import { operatorsScene } from '../../test/operators-scene.ts'
import { previewAnswer, previewOf } from './preview.ts'

const question = { method: 'GET', path: '/search', address: '', headers: 'x-user: ann\nbroken\nX-Plan: free' }

function headersOf(request: object = question, site = 'same-origin'): Readonly<Record<string, string>> {
  return { 'sec-fetch-site': site, 'x-sluice-preview': encodeURIComponent(JSON.stringify(request)) }
}

type Found = { readonly message: string; readonly html?: string }
const read = ({ body }: { readonly body: string }): Found => JSON.parse(body) as Found

describe('by the limits of a guard', () => {
  const by = (request: Request): string => request.headers.get('x-user')!
  const limits = [
    { name: 'api', by: () => 'all', rule: tokenBucket({ capacity: 100, per: '1h' }), disclose: false },
    { name: 'client', by, rule: tokenBucket({ capacity: 2, per: '1h' }) },
  ]
  const guarded = guardFetch({ limits }, () => new Response('hello'))
  const preview = previewOf<Request>(guarded, ({ method, path, headers }) => new Request(`http://localhost${path}`, { method, headers }))

  test('an operator sees undisclosed ones too, and nothing is charged', async () => {
    const { ask } = operatorsScene({ preview })
    const looks = [1, 2, 3, 4].map(() => ask('POST', '/', headersOf()))
    for (const look of await Promise.all(looks)) {
      expect([look.status, read(look).message]).toEqual([200, 'It would pass. It meets 2 limits.'])
      expect(read(look).html).toMatch(/api.*100<\/td><td>no<.*client.*2<\/td><td>yes</)
    }
    expect(await guarded.admin.inspect('client', 'ann')).toBeNull()
    for (let i = 0; i < 2; i++) await guarded(new Request('http://localhost/search', { headers: { 'x-user': 'ann' } }))
    expect(read(await ask('POST', '/', headersOf())).message).toBe('It would be refused by client, and pass in 30 minutes.')
    expect((await guarded.admin.inspect('client', 'ann'))?.remaining).toBe(0)
  })
})

test('nobody else may ask, and no other site', async () => {
  let calls = 0
  const { ask } = operatorsScene({
    preview() {
      calls += 1
      return null
    },
  })
  expect((await ask('POST', '/', headersOf(), null)).status).toBe(403)
  expect((await ask('POST', '/', headersOf(question, 'cross-site'))).status).toBe(403)
  expect((await ask('GET', '/', headersOf())).body).toContain('id="preview"')
  expect(calls).toBe(0)
  expect(read(await ask('POST', '/', headersOf())).message).toContain('No limit is for this request')
})

test('the application gets the request as it was described', async () => {
  const seen: unknown[] = []
  const { ask } = operatorsScene({
    preview(request) {
      seen.push(request)
      throw new Error('plans are away')
    },
  })
  expect(await ask('POST', '/', headersOf())).toMatchObject({ status: 503 })
  expect(seen).toEqual([{ method: 'GET', path: '/search', address: '', headers: { 'x-user': 'ann', 'x-plan': 'free' } }])
})

test.each([
  ['method', { ...question, method: 'get it' }],
  ['path', { ...question, path: 'search' }],
  ['address', { ...question, address: 1 }],
  ['long', { ...question, headers: 'a'.repeat(9000) }],
])('a wrong %s is a clear 400', async (what, request) => {
  const answer = await operatorsScene({ preview: () => null }).ask('POST', '/', headersOf(request))
  expect([answer.status, read(answer).message]).toEqual([400, expect.stringContaining(what)])
})

test('without the option there is no form and no answer', async () => {
  const { ask } = operatorsScene()
  expect((await ask('GET')).body).not.toContain('id="preview"')
  expect((await ask('POST', '/', headersOf())).status).toBe(404)
})

test('what no wait helps, and what cannot be decided, is said so', () => {
  const base = { limits: [], refusedBy: ['export'], decidedBy: 'store', policyVersion: '0', allowed: false } as const
  expect(previewAnswer({ ...base, outcome: 'impossible', retryAfterMs: null }).message).toBe(
    'It would be refused by export, and no wait would help.',
  )
  expect(previewAnswer({ ...base, outcome: 'unavailable', retryAfterMs: 1000 }).message).toBe(
    'It cannot be decided: export cannot be read.',
  )
})
