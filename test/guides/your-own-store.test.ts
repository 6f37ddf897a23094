/** The stores that the guide shows are those that tests run or compile. */
import { expect, test } from 'vitest'
import { documentText, snippetsOf } from '../readme/snippets.ts'

const snippets = snippetsOf('docs/guides/your-own-store.md')

test.each([
  ['SQLite', 'examples/sqlite/sqlite-store.ts'],
  ['PostgreSQL', 'test/stores/postgres-store.ts'],
])('the guide shows the store in %s as it is in %s', (heading, file) => {
  const [, ...code] = documentText(file).split('\n')
  expect(snippets.find((snippet) => snippet.heading === heading)?.text).toBe(code.join('\n'))
})
