/** Nothing outlives its request, whatever fails in which stage, and however the request ends. */
import { describe, expect, test } from 'vitest'
import { nameOf, someCells } from '../fault-cells.ts'
import { runCell } from '../run-cell.ts'
import type { Trial } from '../trial.ts'

/** @param store - the name of the store of the trial. @param stores - names of all stores, over which the cells are spread */
export function faultMatrixContract({ adapter, openStore }: Trial, store: string, stores: readonly string[]): void {
  const cells = someCells(adapter, stores).filter((cell) => cell.store === store)
  describe('no slot, charge or timer is left behind after', () => {
    test.each(cells.map((cell) => [nameOf(cell), cell] as const))('%s', async (_name, cell) => {
      const { store: empty } = await openStore()
      expect(await runCell(adapter, empty, cell)).toEqual([])
    })
  })
}
