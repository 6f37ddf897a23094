/** Remembers what was worked out, for so many inputs at once: strangers choose the inputs, so that there is no end of them. */

/**
 * As `work`, which is asked again for what was forgotten. Forgets everything at `most` inputs, which costs less than to know the oldest.
 * @example
 * ```ts
 * const parsed = remember(256, parseAccept)
 * ```
 */
export function remember<K, V extends object | null>(most: number, work: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const value = work(key)
    if (known.size === most) known.clear()
    known.set(key, value)
    return value
  }
}
