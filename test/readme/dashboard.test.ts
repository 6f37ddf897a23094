/** The README of `@sluice/dashboard` keeps its word: its first example shows a caller its quota. */
import { expect, test } from 'vitest'
import { snippetsOf } from './snippets.ts'
import { serve } from './workbench.ts'

test('the first example shows each caller its own quota, and a stranger none', async () => {
  const { text } = snippetsOf('packages/dashboard/README.md').find(({ language }) => language === 'ts')!
  await using server = await serve('dashboard.ts', text)
  const ask = (path: string, cookie: string): Promise<Response> => fetch(server.url + path, { headers: { cookie } })
  for (let i = 0; i < 3; i++) await ask('/', 'session=of-ann')
  const page = await (await ask('/quota', 'session=of-ann')).text()
  expect(page).toMatch(/You can make 9[78] more requests now\./)
  expect(page).toContain('<bdi>Acme</bdi> · plan <bdi>Plus</bdi>')
  expect((await ask('/quota', '')).status).toBe(404)
})
