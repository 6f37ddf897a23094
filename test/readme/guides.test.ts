/** The guides: their code compiles, and what they link to exists. */
import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentText, snippetsOf } from './snippets.ts'
import { compile } from './workbench.ts'

const folder = 'docs/guides/'
const guides = readdirSync(new URL(`../../${folder}`, import.meta.url))

test('compile', async () => {
  const programs = guides.flatMap((guide) => snippetsOf(`${folder}${guide}`).filter(({ language }) => language === 'ts'))
  expect(programs.length).toBeGreaterThan(0)
  expect(await compile('guides', Object.fromEntries(programs.map(({ text }, at) => [`guides-${at}.ts`, text])))).toBe('')
})

test.each(guides)('%s links to what exists', (guide) => {
  const links = [...documentText(`${folder}${guide}`).matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path]) => path!)
  expect(links.filter((path) => !existsSync(new URL(`../../${folder}${path}`, import.meta.url)))).toEqual([])
})
