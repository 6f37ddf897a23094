/** Suite: a bucket is named by its limit and its key, and no two of them meet. */
import type { PartialCharge, Suite } from './scene.ts'

const strangers: readonly (readonly [what: string, a: PartialCharge, b: PartialCharge])[] = [
  ['two keys', { key: 'ann' }, { key: 'bob' }],
  ['two limits', { limit: 'app' }, { limit: 'user' }],
  ['a name that runs into its key', { limit: 'ab', key: 'c' }, { limit: 'a', key: 'bc' }],
  ['separators in names and keys', { limit: 'a:b', key: 'c' }, { limit: 'a', key: 'b:c' }],
  ['the empty key', { key: '' }, { key: ' ' }],
  ['upper and lower case', { key: 'Ann' }, { key: 'ann' }],
  ['composed and decomposed letters', { key: 'caf\u00e9' }, { key: 'cafe\u0301' }],
  ['lone surrogates', { key: '\ud800' }, { key: '\udfff' }],
  ['a lone surrogate and its replacement', { key: '\ud800' }, { key: '\ufffd' }],
  ['braces', { key: '{ann}' }, { key: 'ann' }],
  ['braces in names', { limit: '{user}' }, { limit: 'user' }],
  ['line breaks', { key: 'a\r\nb' }, { key: 'a\nb' }],
  ['a NUL', { key: 'a\u0000b' }, { key: 'a' }],
  ['long keys', { key: 'k'.repeat(5000) }, { key: `${'k'.repeat(4999)}l` }],
  ['the prototype of objects', { key: '__proto__' }, { key: 'constructor' }],
  ['a limit named like an object', { limit: '__proto__', key: 'toString' }, { limit: 'constructor', key: 'toString' }],
]

export const keepsKeysApart: Suite = (play, expect) => {
  for (const [what, a, b] of strangers) {
    play(what, async ({ consume, left }) => {
      await consume({ ...a, cost: 10 })
      await consume({ ...b, cost: 4 })
      expect([await left(a), await left(b)]).toEqual([0, 6])
    })
  }
}
