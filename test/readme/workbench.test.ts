/** The workbench tells code that compiles from code that does not, and both from a compiler that does not work. */
import { expect, test } from 'vitest'
import { compile } from './workbench.ts'

test('code that compiles draws no complaint, and code that does not draws one for each mistake', async () => {
  const complaints = await compile('both', {
    'right.ts': "import { tokenBucket } from '@sluice/core'\ntokenBucket({ capacity: 1, per: '1s' })",
    'wrong.ts': "import { tokenBucket } from '@sluice/core'\ntokenBucket({ capacity: '1', per: '1s' })",
  })
  expect(complaints).not.toMatch(/right\.ts/)
  expect(complaints).toMatch(/wrong\.ts\(2,15\): error TS2322/)
})

test('a package that is not there is a complaint', async () => {
  expect(await compile('absent', { 'absent.ts': "import '@sluice/nothing'" })).toContain('error TS')
})

test.each(['/bin/false', '/no/such/compiler'])('a compiler that does not work is an error, and no silence: %s', async (compiler) => {
  await expect(compile('broken', { 'broken.ts': '' }, compiler)).rejects.toThrow('The compiler did not work')
})
