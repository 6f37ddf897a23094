/** What is compared: the three layers of a platform, and requests with more and more limits. */
import { type Limit, shareOf, tokenBucket } from '@sluice/core'

/** Who calls: one of fifty applications, for one of its twenty sellers. */
export interface Call {
  readonly api: string
  readonly application: string
  readonly seller: string
}

/** Everybody, in the order in which they call: no application twice in a row. */
export const calls: readonly Call[] = Array.from({ length: 50 * 20 }, (_, at) => ({
  api: 'orders',
  application: `application-${at % 50}`,
  seller: `seller-${Math.floor(at / 50)}`,
}))

// No call is refused, so that every decision charges every limit. No bucket is full again, so that each decision finds its buckets.
const rule = tokenBucket({ capacity: 1_000_000_000, per: '365d' })

const bySeller = (name: string): Limit<Call, 'sync'> => ({ name, by: (call) => [call.api, call.application, call.seller], rule })

/** One limit, by seller. */
const oneLimit: readonly Limit<Call, 'sync'>[] = [bySeller('seller')]

/** API > application > seller, of which the seller has a share. */
const threeLayers: readonly Limit<Call, 'sync'>[] = [
  { name: 'api', by: (call) => call.api, rule, disclose: false },
  { name: 'application', by: (call) => [call.api, call.application], rule },
  { ...bySeller('seller'), rule: shareOf('application', 0.5) },
]

/** So many limits, each by seller. */
function limits(count: number): readonly Limit<Call, 'sync'>[] {
  return Array.from({ length: count }, (_, at) => bySeller(`limit-${at}`))
}

/** How many limits a request has. */
export const limitCounts = [1, 2, 4, 8]

export function limitsNamed(count: number): string {
  return count === 1 ? '1 limit' : `${count} limits`
}

/** What is measured on each store, by scenario; the first of each is the reference. */
export const scenarios: Readonly<Record<string, Readonly<Record<string, readonly Limit<Call, 'sync'>[]>>>> = {
  layers: { 'one limit': oneLimit, 'three layers': threeLayers },
  'limits a request': Object.fromEntries(limitCounts.map((count) => [limitsNamed(count), limits(count)])),
}
