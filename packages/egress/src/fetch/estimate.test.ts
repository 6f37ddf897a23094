import { estimateTokenCount } from 'tokenx'
import { expect, test } from 'vitest'
import { estimateTokens } from './estimate.ts'

const headers = new Headers()
const limits = { tokens: 1000, 'input-tokens': 1000, 'output-tokens': 100 }

test('the input counts by its bytes, the output by the maximum that the call names', () => {
  const body = JSON.stringify({ max_tokens: 50, text: 'x'.repeat(320) })
  expect(estimateTokens({ body, headers }, limits)).toEqual({ tokens: 150, 'input-tokens': 100, 'output-tokens': 50 })
})

test('no estimate is above its limit, and limits that are not there are left out', () => {
  expect(estimateTokens({ body: '{}', headers }, { tokens: 10, requests: 5 })).toEqual({ tokens: 10 })
})

test('a stream counts by its length, and a length that is no number counts nothing', () => {
  const input = (length: string) => estimateTokens({ body: undefined, headers: new Headers({ 'content-length': length }) }, limits)
  expect(input('350')['input-tokens']).toBe(100)
  expect(input('long')['input-tokens']).toBe(0)
})

test('tokenx may count in place of the length', () => {
  const body = JSON.stringify({ max_tokens: 50, text: 'a sentence of plain English words '.repeat(10) })
  const { 'input-tokens': input } = estimateTokens({ body, headers }, limits, estimateTokenCount)
  expect(input).toBe(estimateTokenCount(body))
  expect(input).not.toBe(estimateTokens({ body, headers }, limits)['input-tokens'])
})
