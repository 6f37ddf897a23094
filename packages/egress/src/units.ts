/** Units of a limit: what costs and headers may say. */

/** Whether a value is a number of units: whole, from 0. */
export function isUnits(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
