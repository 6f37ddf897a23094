/** "When Redis is down" says what becomes of each verb: every cell of its table is tried, on Redis and on a store of one's own. */
import { afterAll, describe, expect, test } from 'vitest'
import { documentText } from '../../readme/snippets.ts'
import { startRedis } from '../../servers/index.ts'
import { type VerbRow, verbRows } from './cells.ts'
import { lateScene } from './late-scene.ts'
import { ownWorld, redisWorld } from './worlds.ts'

const server = await startRedis()
afterAll(() => server.stop())

const columns = { notSent: 'was not sent', late: 'was sent, and is late', local: 'was answered, or made, in this process' } as const
const heads = Object.keys(columns) as (keyof typeof columns)[]
const cells = verbRows.flatMap((row: VerbRow) =>
  heads.map((head) => [`${row.verb} that ${columns[head]}: ${row[head][0]}`, row[head][1]] as const),
)

test('the guide has this table and no other cell', () => {
  const lines = documentText('docs/guides/when-redis-is-down.md').split('\n')
  const cellsOf = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  const first = lines.findIndex((line) => cellsOf(line)[1] === columns.notSent)
  const table = lines.slice(first).slice(
    0,
    lines.slice(first).findIndex((line) => !line.startsWith('|')),
  )
  expect(table.map(cellsOf).filter((_, i) => i !== 1)).toEqual([
    ['a verb', ...heads.map((head) => columns[head])],
    ...verbRows.map((row) => [row.verb, ...heads.map((head) => row[head][0])]),
  ])
})

describe.concurrent.each([
  ['on Redis', () => redisWorld(server)],
  ['on a store of the application', ownWorld],
] as const)('%s', (_, open) => {
  test.each(cells)('%s', { timeout: 30_000 }, async (_effect, proof) => {
    await using world = await open()
    await proof(await lateScene(world))
  })
})
