/** What one script can reach: in a Cluster the keys of one tag, and else all of them. */
import type { Means } from './means.ts'

/** Buckets parted by what one script can reach, in their order. */
export function apart<T extends { readonly key: string }>({ connection, keys }: Means, buckets: readonly T[]): readonly (readonly T[])[] {
  if (!connection.isCluster || buckets.length < 2) return [buckets]
  const places = new Map<string, T[]>()
  for (const bucket of buckets) {
    const place = keys.tagOf(bucket.key)
    const there = places.get(place)
    if (there === undefined) places.set(place, [bucket])
    else there.push(bucket)
  }
  return [...places.values()]
}

/** Whether one script can reach all of them. */
export function together(means: Means, buckets: readonly { readonly key: string }[]): boolean {
  return apart(means, buckets).length === 1
}
