import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from './hash.ts'

/** The same of the code units in big-endian order, which is what the platform's hash can be asked for. */
function platform(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'utf16le').swap16()).digest('hex')
}

test.each([0, 1, 27, 28, 31, 32, 33, 59, 60, 63, 64, 65, 257, 5000])('hashes %d code units as the platform does', (length) => {
  const text = Array.from({ length }, (_, i) => String.fromCharCode((i * 2654435761) % 65_536)).join('')
  expect(sha256(text)).toBe(platform(text))
})

test('hashes every string as the platform does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => sha256(text) === platform(text)),
    { numRuns: 2000 },
  )
})

test('tells lone surrogates apart', () => {
  expect(new Set(['\ud800', '\ud801', '\udfff', '\ufffd'].map(sha256)).size).toBe(4)
})
