/**
 * Lets the properties of a mutation run end sooner: each mutation meets them all anew, and one that a hundred random histories do not
 * notice is looked at by people anyway. What fails need not be made small either.
 */
import fc from 'fast-check'
import { vi } from 'vitest'
import { seed } from '../seed.ts'

const most = 100

fc.configureGlobal({ seed, endOnFailure: true })

vi.mock('fast-check', async (original) => {
  const real = await original<typeof import('fast-check')>()
  const assert = <T>(property: fc.IRawProperty<T>, { numRuns = most, ...parameters }: fc.Parameters<T> = {}): unknown =>
    real.assert(property, { ...parameters, numRuns: Math.min(numRuns, most) })
  return { ...real, assert, default: { ...real.default, assert } }
})
