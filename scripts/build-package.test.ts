import { expect, test } from 'vitest'
import { importsOf } from './build-package.ts'

test('finds what declarations import, in each of the ways that TypeScript writes', () => {
  const text = [
    "import type { A } from './a.ts'",
    "import './b.ts'",
    "export { C } from './c.ts'",
    "export * from './d.ts'",
    "export declare const e: import('./e.ts').E<import('./f.ts').F>",
    "import './g.ts'; declare module 'fastify' { interface H {} }",
  ].join('\n')
  expect(importsOf('index.d.ts', text).toSorted()).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts'])
})
