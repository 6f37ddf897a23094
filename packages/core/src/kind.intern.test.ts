import { expect, test } from 'vitest'
import { intern } from './kind.ts'

interface Numbered {
  readonly kind: 'numbered'
  readonly n: number
}

function numbered(n: number): Numbered {
  return intern(`numbered ${n}`, () => ({ kind: 'numbered', n }))
}

test('makes a rule once and freezes it', () => {
  const rule = numbered(1)
  expect(numbered(1)).toBe(rule)
  expect(numbered(2)).not.toBe(rule)
  expect(() => Object.assign(rule, { n: 3 })).toThrow(TypeError)
})

test('forgets the oldest beyond ten thousand, so that rules made from requests cannot fill the memory', () => {
  const [first, kept] = [numbered(-1), numbered(-2)]
  expect(numbered(-1)).toBe(first)
  for (let n = 0; n < 10_000; n++) numbered(n + 1000)
  expect(numbered(-1)).not.toBe(first)
  expect(numbered(-1)).toEqual(first)
  expect(kept).toEqual({ kind: 'numbered', n: -2 })
})
