import { expect, test } from 'vitest'
import type { AdapterUnderTest } from './adapter-under-test.ts'
import { allCells, endings, type FaultCell, failures, nonsense, someCells, stages } from './fault-cells.ts'

const stores = ['memory', 'Redis']
const adapterWith = (stagesBeforeBody: 0 | 1 | 2 | 3): AdapterUnderTest => ({ stagesBeforeBody }) as AdapterUnderTest

test.each([0, 1, 2, 3] as const)('at most 60 cells meet every value that can be met, with %i stages before the body', (before) => {
  const adapter = adapterWith(before)
  const cells = someCells(adapter, stores)
  expect(cells.length).toBeLessThanOrEqual(60)
  expect(cells.filter((cell) => nonsense(adapter, cell) !== null)).toEqual([])
  const met = (name: keyof FaultCell): number => new Set(cells.map((cell) => cell[name])).size
  expect([met('stage'), met('failure'), met('store')]).toEqual([stages.length, failures.length, stores.length])
  expect(met('ending')).toBe(before === 0 ? endings.length - 1 : endings.length)
})

test('the whole matrix has every combination once, and a reason for each that is left out', () => {
  const cells = allCells(stores)
  expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(stages.length * failures.length * endings.length * stores.length)
  const adapter = adapterWith(1)
  const reasons = cells.map((cell) => nonsense(adapter, cell)).filter((reason) => reason !== null)
  expect(new Set(reasons).size).toBe(3)
})
