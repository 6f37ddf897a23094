/** A table that grows past the one Map in which it begins. */
import { expect, test } from 'vitest'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Terms } from '../store.ts'
import { sweepTable, type Tally } from './memory-sweep.ts'
import { type MemoryTable, memoryTable } from './memory-table.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const terms: Terms = { rule, initial: 10, version: 0 }
const count = 20_000
const keys = Array.from({ length: count }, (_, at) => `key ${at}`)

/** A table with more keys than one Map is to hold, each with its number as what is used. */
function grownTable(): { readonly table: MemoryTable; readonly tally: Tally } {
  const tally: Tally = { buckets: 0, maxBuckets: count, due: 0 }
  const table = memoryTable(tally)
  for (const [at, key] of keys.entries()) write(table, key, at)
  return { table, tally }
}

function write(table: MemoryTable, key: string, used: number): void {
  table.write(table.insert(key), { state: { used, last: 0, carried: 0 }, terms })
}

function usedOf(table: MemoryTable, key: string): number {
  return table.read(table.find(key)).state.used
}

test('finds every key again and again, those that came before it had several Maps too', () => {
  const { table } = grownTable()
  for (let round = 0; round < 2; round++) expect(keys.every((key, at) => usedOf(table, key) === at)).toBe(true)
  expect(table.find('a stranger')).toBe(-1)
  expect(table.size()).toBe(count)
})

test('removes a key wherever it lies', () => {
  const { table, tally } = grownTable()
  // Every third has been asked for since it came.
  for (let at = 0; at < count; at += 3) table.find(keys[at]!)
  for (let at = 0; at < count; at += 2) table.remove(keys[at]!)
  expect([table.size(), tally.buckets]).toEqual([count / 2, count / 2])
  expect(keys.every((key, at) => (at % 2 === 0 ? table.find(key) === -1 : usedOf(table, key) === at))).toBe(true)
})

test('sweeps every key once in a round, and removes those that are expired', () => {
  const { table } = grownTable()
  const visited = new Set<number>()
  const left = sweepTable(table, 2 * count, 0, (_, slot) => {
    const { used } = table.read(slot).state
    visited.add(used)
    return used % 2 === 0
  })
  expect([left, visited.size, table.size()]).toEqual([count, count, count / 2])
})

test('gives the slots of removed keys to new ones', () => {
  const { table } = grownTable()
  const slots = new Set(keys.slice(0, 100).map((key) => table.find(key)))
  for (const key of keys.slice(0, 100)) table.remove(key)
  for (let at = 0; at < 100; at++) write(table, `new ${at}`, at)
  expect(new Set(Array.from({ length: 100 }, (_, at) => table.find(`new ${at}`)))).toEqual(slots)
})
