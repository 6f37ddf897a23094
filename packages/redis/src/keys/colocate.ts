/** Checks that the keys of a call begin with the key of the outer limit that decides the slot of the buckets. */
import type { Charge } from '@sluice/core'
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_APART, SLUICE_COLOCATE, SluiceError } from '../errors.ts'
import { countParts, firstPart } from './bucket-key.ts'

/** Checks the charges of a call. A warning names each limit whose keys begin otherwise, once. */
export type CheckColocation = (charges: readonly Charge[]) => void

/** Limits that are warned of at most. */
const mostWarned = 1000

/** @throws SluiceError `SLUICE_COLOCATE` from the check, where the outer limit's key is not exactly one part */
export function checkColocationBy(outerName: string): CheckColocation {
  // Names come from the application, which may make them up as it runs.
  const warned = new Set<string>()
  return (charges) => {
    const outer = charges.find(({ limit }) => limit.name === outerName)
    if (outer === undefined) return
    if (countParts(outer.key) !== 1) throw new SluiceError(SLUICE_COLOCATE, { name: outerName })
    const part = firstPart(outer.key)
    for (const { limit, key } of charges) {
      if (warned.size >= mostWarned || warned.has(limit.name) || firstPart(key) === part) continue
      warned.add(limit.name)
      warnOnce(SLUICE_APART, { name: limit.name, outer: outerName })
    }
  }
}
