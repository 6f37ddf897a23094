import { describe, expect, test } from 'vitest'
import type { HeaderLine } from '../headers/header-line.ts'
import { keepFields, type NodeHead } from './node-head.ts'

const ours: readonly HeaderLine[] = [
  ['RateLimit', '"ours";r=1'],
  ['RateLimit-Policy', '"ours";q=2'],
]

/** A response with these fields and headers of the upstream, and what is passed to the `writeHead` of Node. */
function written(set: Readonly<Record<string, string>>, ...rest: readonly unknown[]) {
  const headers = new Map(Object.entries(set))
  let passed: readonly unknown[] = []
  const response: NodeHead = {
    headersSent: false,
    getHeader: (name) => headers.get(name.toLowerCase()),
    setHeader: (name, value) => headers.set(name.toLowerCase(), value),
    writeHead: (...all) => {
      passed = all
    },
  }
  const keeping = { ...response, writeHead: keepFields(response.writeHead, () => ours) }
  keeping.writeHead(200, ...rest)
  return { headers: Object.fromEntries(headers), passed }
}

describe('a field of the guard', () => {
  test('replaces the one that was set since', () => {
    expect(written({ ratelimit: '"theirs";r=9', 'ratelimit-policy': ours[1]![1] }).headers).toEqual({
      ratelimit: ours[0]![1],
      'ratelimit-policy': ours[1]![1],
    })
  })

  test('that was removed stays removed', () => {
    expect(written({}).headers).toEqual({})
  })

  test.each([
    ['a record', { ratelimit: '"theirs"', 'RateLimit-Policy': '"theirs"', etag: 'a' }, { etag: 'a' }],
    [
      'pairs',
      [
        ['RateLimit', '"theirs"'],
        ['etag', 'a'],
      ],
      [['etag', 'a']],
    ],
    ['names and values in turn', ['ratelimit', '"theirs"', 'etag', 'ratelimit'], ['etag', 'ratelimit']],
  ])('is not replaced by %s of writeHead', (_, theirs, passed) => {
    expect(written({ ratelimit: ours[0]![1] }, theirs).passed).toEqual([200, passed])
    expect(written({ ratelimit: ours[0]![1] }, 'OK', theirs).passed).toEqual([200, 'OK', passed])
  })
})

test('nothing else is touched', () => {
  expect(written({ etag: 'a' }, 'RateLimit').passed).toEqual([200, 'RateLimit'])
  expect(written({ etag: 'a' }, undefined).headers).toEqual({ etag: 'a' })
})
