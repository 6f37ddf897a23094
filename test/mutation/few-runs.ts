/**
 * Shortens the property tests of a mutation run, because every mutation runs all of them. People look at a mutation that survives a hundred
 * random histories anyway. A failure need not be shrunk either.
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
