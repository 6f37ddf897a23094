/** The figures of the documents are those that the benchmarks have written down, and each says whether it is what was wanted. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentText } from './snippets.ts'

interface Claim {
  readonly text: string
  readonly measured: number
  readonly atMost: number
}

interface RaceRow {
  readonly scenario: string
  readonly contender: string
  readonly '429s': number
  readonly failed: number
  readonly 'p50 wait': number
  readonly 'p99 wait': number
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

/** What the contenders of a race came to in the scenario that the documents show. */
const { rows: raced } = JSON.parse(readFileSync(new URL('race-azure-llm-code.json', results), 'utf8')) as { rows: readonly RaceRow[] }
const sliding = raced.filter(({ scenario }) => scenario === 'sliding window')

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

test('shows every contender of the race as its last run found it', () => {
  const [, table] = documentText('docs/measured.md').split('<!-- race: azure-llm-code, sliding window -->')
  const contenders = [...table!.split('\n\n')[1]!.matchAll(/^\| (.*) \|$/gm)]
    .slice(2)
    .map(([, cells]) => cells!.split('|').map((cell) => cell.trim()))
  expect(contenders).toEqual(
    sliding.map((row) => [row.contender, ...[row['429s'], row.failed, row['p50 wait'], row['p99 wait']].map(String)]),
  )
})

test('the README says what the best other library gets in the race, and that sluice gets nothing of it', () => {
  const [, best] = /three processes get no 429.*?best other\s+library\s+gets\s+(\d+)/s.exec(documentText('README.md')) ?? []
  const others = sliding.filter(({ contender }) => !/^(sluice|exact|retries)/.test(contender)).map((row) => row['429s'])
  expect(Number(best)).toBe(Math.min(...others))
  expect(sliding.find(({ contender }) => contender === 'sluice, 3 processes')).toMatchObject({ '429s': 0, failed: 0 })
})
