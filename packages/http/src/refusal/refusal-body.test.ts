import { describe, expect, test } from 'vitest'
import { exhausted, impossible, limited, unavailable } from '../../test/decisions.ts'
import { disclosedLimits } from '../headers/disclosed-limits.ts'
import { customBody, type RefusalFacts, refusalBody } from './refusal-body.ts'

const facts = (refused: RefusalFacts['refused'], message?: string): RefusalFacts => ({
  refused,
  limits: disclosedLimits(refused),
  status: refused.outcome === 'unavailable' ? 503 : 429,
  message,
})
const slow = limited(exhausted('ip', 30_000))

describe('every form carries the sentence', () => {
  test('programs get problem details', () => {
    const { contentType, body } = refusalBody(facts(slow), 'problem')
    expect(contentType).toBe('application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status: 429, detail: 'Slow down - try again in 30 seconds.', 'violated-policies': ['ip'] })
  })

  test('browsers get a page', () => {
    const { contentType, body } = refusalBody(facts(slow), 'page')
    expect(contentType).toBe('text/html; charset=utf-8')
    expect(body).toContain('<h1>Slow down - try again in 30 seconds.</h1>')
    expect(body).toContain('<p class="quiet">ip: 10 a minute</p>')
  })

  test('terminals get a line', () => {
    expect(refusalBody(facts(slow), 'line')).toEqual({
      contentType: 'text/plain; charset=utf-8',
      body: 'Slow down - try again in 30 seconds.\n',
    })
  })

  test.each(['problem', 'page', 'line'] as const)("the application's own sentence replaces it in a %s", (format) => {
    const { body } = refusalBody(facts(slow, '천천히 해 주세요'), format)
    expect(body).toContain('천천히 해 주세요')
    expect(body).not.toContain('Slow down')
  })
})

describe('the page', () => {
  test.each([
    [429, 'Too many requests', true],
    [402, 'Limit reached', true],
    [503, 'Temporarily unavailable', false],
    [599, 'Temporarily unavailable', false],
  ])('of %i says fitting words, and asks again by itself only where the caller alone is limited', (status, heading, refreshes) => {
    const { body, refreshSeconds } = refusalBody({ ...facts(slow), status, isSafe: true }, 'page')
    expect(body).toContain(`<title>${heading}</title>`)
    expect(body).toContain(status < 500 ? 'Slow down - try again in 30 seconds.' : 'Too busy right now - try again in 30 seconds.')
    expect(refreshSeconds).toBe(refreshes ? 30 : undefined)
  })

  test.each([
    ['an impossible cost', impossible(exhausted('ip', null)), 'Too much at once'],
    ['an outage, whose wait is an estimate', unavailable(1000), 'Temporarily unavailable'],
  ])('of %s has its own heading and no bar', (_, refused, heading) => {
    const { body } = refusalBody(facts(refused), 'page')
    expect(body).toContain(`<title>${heading}</title>`)
    expect(body).not.toContain('class="bar"')
  })
})

test.each(['problem', 'page', 'line'] as const)('an undisclosed limit leaves no trace in a %s', (format) => {
  for (const refused of [
    limited(exhausted('secret', 1000, { disclose: false, capacity: 7777 })),
    impossible(exhausted('secret', null, { disclose: false, capacity: 7777, cost: 8888 })),
  ]) {
    expect(refusalBody(facts(refused), format).body).not.toMatch(/secret|7777|8888/)
  }
})

describe('a body of the application', () => {
  test('is sent as text when it is text', () => {
    expect(customBody('wait')).toEqual({ contentType: 'text/plain; charset=utf-8', body: 'wait' })
  })

  test('is sent as JSON when it is data', () => {
    expect(customBody({ error: { code: 'limited' } })).toEqual({
      contentType: 'application/json; charset=utf-8',
      body: '{"error":{"code":"limited"}}',
    })
  })

  test('is sent as bytes when it is bytes', () => {
    const bytes = new TextEncoder().encode('wait')
    for (const value of [bytes, bytes.slice().buffer, new DataView(bytes.slice().buffer)]) {
      expect(customBody(value)).toEqual({ contentType: 'application/octet-stream', body: bytes })
    }
  })

  test.each([
    ['a promise', Promise.resolve('wait')],
    ['a stream of the web', new ReadableStream()],
    ['a stream of Node', { pipe: () => undefined }],
    ['a response', new Response('wait')],
    ['a blob', new Blob(['wait'])],
    ['nothing', null],
    ['a number', 5],
  ])('may not be %s, which JSON would empty', (_, value) => {
    expect(() => customBody(value as never)).toThrow('SLUICE_OPTION_TYPE')
  })
})
