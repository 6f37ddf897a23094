/** The figures of the documents are those that the benchmarks have written down, and each says whether it is what was wanted. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentText } from './snippets.ts'

interface Claim {
  readonly text: string
  readonly measured: number
  readonly atMost: number
}

const results = new URL('../../bench/results/', import.meta.url)

/** Every claim of every benchmark, as a row of the document says it. */
const rows = readdirSync(results).flatMap((file) => {
  const { name, claims } = JSON.parse(readFileSync(new URL(file, results), 'utf8')) as { name: string; claims: readonly Claim[] }
  return claims.map(({ text, measured, atMost }) => [
    `\`${name}\``,
    text,
    String(measured),
    `at most ${atMost}${measured > atMost ? ', missed' : ''}`,
  ])
})

const documented = [...documentText('docs/measured.md').matchAll(/^\| (`.*) \|$/gm)].map(([, cells]) =>
  cells!.split('|').map((cell) => cell.trim()),
)

test('shows figures, none of which is older than the last run of its benchmark', () => {
  expect(documented.length).toBeGreaterThan(9)
  expect(rows).toEqual(expect.arrayContaining(documented))
})

test('leaves out no target that was missed', () => {
  expect(documented).toEqual(expect.arrayContaining(rows.filter(([, , , wanted]) => wanted!.endsWith('missed'))))
})
