/** Nothing outlives its request, whatever fails in which stage, and however the request ends. */
import { expect } from 'vitest'
import { type FaultCell, nameOf } from '../fault-cells.ts'
import { runCell } from '../run-cell.ts'
import type { Trial } from '../trial.ts'

/** @param cells - on the store of the trial */
export function faultMatrixContract({ adapter, openStore, describe, test }: Trial, cells: readonly FaultCell[]): void {
  describe('no slot, charge or timer is left behind after', () => {
    test.each(cells.map((cell) => [nameOf(cell), cell] as const))('%s', async (_name, cell) => {
      const { store: empty } = await openStore()
      expect(await runCell(adapter, empty, cell)).toEqual([])
    })
  })
}
