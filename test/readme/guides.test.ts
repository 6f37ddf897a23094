/** The pages and files that the guides name exist. */
import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentText } from './snippets.ts'

const folder = 'docs/guides/'
const guides = readdirSync(new URL(`../../${folder}`, import.meta.url))

function missing(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))
}

test.each(guides)('%s links to what exists, and names files that do', (guide) => {
  const text = documentText(folder + guide)
  const links = [...text.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path]) => folder + path!)
  const files = [...text.matchAll(/`((?:packages|test|examples|bench|docs)\/[\w./-]+)`/g)].map(([, path]) => path!)
  expect(missing([...links, ...files])).toEqual([])
})
