/** Equality of plain data. */

/** Whether two pieces of plain data are alike. A rule is one object for all its numbers, so most comparisons end at the first line. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name as never], b[name as never]))
}
