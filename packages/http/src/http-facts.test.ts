import { expect, test } from 'vitest'
import { isPreflight } from './http-facts.ts'

const request = (method: string, headers: Readonly<Record<string, string>>) => ({ method, header: (name: string) => headers[name] })
const both = { origin: 'https://app.example', 'access-control-request-method': 'PUT' }

test('an OPTIONS with origin and requested method is a preflight', () => {
  expect(isPreflight(request('OPTIONS', both))).toBe(true)
})

test.each([
  ['another method', 'GET', both],
  ['a bare OPTIONS', 'OPTIONS', {}],
  ['an OPTIONS of the same origin', 'OPTIONS', { 'access-control-request-method': 'PUT' }],
  ['an OPTIONS that asks for no method', 'OPTIONS', { origin: 'https://app.example' }],
])('%s counts like every request', (_, method, headers) => {
  expect(isPreflight(request(method, headers))).toBe(false)
})
