/** The guides: their code compiles, and the pages and files that they name exist. */
import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentText, snippetsOf } from './snippets.ts'
import { compile } from './workbench.ts'

const folder = 'docs/guides/'
const guides = readdirSync(new URL(`../../${folder}`, import.meta.url))

function missing(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))
}

test('compile, every block of them', async () => {
  const programs = guides.flatMap((guide) =>
    snippetsOf(folder + guide)
      .filter(({ language }) => language === 'ts')
      .map(({ text }, at) => [`${guide.replace('.md', '')}-${at}.ts`, text] as const),
  )
  expect(programs.length).toBeGreaterThan(0)
  expect(await compile('guides', Object.fromEntries(programs))).toBe('')
})

test.each(guides)('%s links to what exists, and names files that do', (guide) => {
  const text = documentText(folder + guide)
  const links = [...text.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path]) => folder + path!)
  const files = [...text.matchAll(/`((?:packages|test|examples|bench|docs)\/[\w./-]+)`/g)].map(([, path]) => path!)
  expect(missing([...links, ...files])).toEqual([])
})
