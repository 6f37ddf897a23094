/** Programs of documents that are tests. They run here, as the runner of the reader takes them. */
import { afterAll, expect, test, vi } from 'vitest'
import { compiledPrograms } from './compiled-programs.ts'
import { documentPrograms } from './document-programs.ts'

const programs = documentPrograms().filter(({ text }) => /^test\(|^describeStore\(|^afterAll\(/m.test(text))

// Jest gives these to a file in CommonJS.
vi.stubGlobal('test', test)
vi.stubGlobal('expect', expect)
for (const { file } of await compiledPrograms('tests-of-documents', programs)) await import(/* @vite-ignore */ file)
afterAll(() => vi.unstubAllGlobals())

test('there are tests for Jest and for Vitest', () => {
  expect(programs.map(({ extension }) => extension).sort()).toEqual(['cjs', 'ts', 'ts', 'ts'])
})
