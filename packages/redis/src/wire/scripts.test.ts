import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundled } from '../../lua/bundle.ts'
import { wrongExpectations } from '../../lua/expected-names.ts'

test('the scripts that are shipped are those in lua/; write them with `node --import tsx packages/redis/lua/generate.ts`', () => {
  expect(readFileSync(join(import.meta.dirname, 'scripts.generated.ts'), 'utf8')).toBe(bundled())
})

test('each .lua file says which names of other files it uses', () => {
  expect(wrongExpectations()).toEqual([])
})
