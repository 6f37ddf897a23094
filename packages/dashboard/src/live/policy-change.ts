/** What a policy says now that the one before did not: one line for each value, by its path. */

/** One value that differs. `undefined` where a document has none. */
export interface PolicyChange {
  /** Such as `limits.user.rule.tokenBucket.capacity`. */
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Lines that a page shows. */
const mostChanges = 100
const deepest = 20

/** The differences of two documents, in the order of the newer one. The version itself differs always, and is left out. */
export function policyChanges(before: object, after: object): readonly PolicyChange[] {
  const [old, now] = [valuesOf(before), valuesOf(after)]
  const paths = [...new Set([...now.keys(), ...old.keys()])].filter((path) => path !== 'version' && old.get(path) !== now.get(path))
  return paths.slice(0, mostChanges).map((path) => ({ path, before: old.get(path), after: now.get(path) }))
}

/** Each value by its path. An empty object or list is a value, too. */
function valuesOf(value: unknown, path = '', depth = 0, found: Map<string, string> = new Map()): Map<string, string> {
  const entries = typeof value === 'object' && value !== null && depth < deepest ? Object.entries(value) : []
  if (entries.length === 0) found.set(path, JSON.stringify(value) ?? String(value))
  for (const [name, inner] of entries) valuesOf(inner, path === '' ? name : `${path}.${name}`, depth + 1, found)
  return found
}
