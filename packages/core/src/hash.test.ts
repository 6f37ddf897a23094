import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from './hash.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

/** The hash of a runtime with such a process, which is looked for once. */
async function hashWith(process: unknown): Promise<(text: string) => string> {
  vi.resetModules()
  vi.stubGlobal('process', process)
  return (await import('./hash.ts')).hashText
}

test('is the same by the platform and by our own', async () => {
  const { hashText } = await import('./hash.ts')
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('', '\ud800', '\udfff\ud800', 'ß€😀'))
  fc.assert(
    fc.property(texts, (text) => hashText(text) === sha256(text)),
    { numRuns: 1000 },
  )
})

test('is by the platform where that answers at once', async () => {
  const createHash = () => ({ update: () => ({ digest: () => 'the digest of the platform' }) })
  const hashText = await hashWith({ getBuiltinModule: (name: string) => (name === 'node:crypto' ? { createHash } : undefined) })
  expect(hashText('a')).toBe('the digest of the platform')
})

describe('is our own in a runtime', () => {
  test.each([
    ['without a process', undefined],
    ['whose process has no modules', {}],
    ['without this module', { getBuiltinModule: () => undefined }],
    ['whose module cannot hash', { getBuiltinModule: () => ({}) }],
  ])('%s', async (_, process) => {
    const hashText = await hashWith(process)
    expect(hashText('a')).toBe(sha256('a'))
  })
})
