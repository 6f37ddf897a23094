/** A limit that remembers every end of a response it is told of. */
import { tokenBucket } from '@sluice/core'
import type { HttpLimit, ResponseFacts } from '@sluice/http'

/** One bucket of ten for everybody. */
export const byAll = { by: () => 'all', rule: tokenBucket({ capacity: 10, per: '1h' }) }

/** A limit, and what it has seen; it gives back what it charged. */
export interface Watched {
  readonly limit: HttpLimit
  readonly ends: { readonly status: number; readonly aborted: boolean }[]
}

export function watched(): Watched {
  const ends: { status: number; aborted: boolean }[] = []
  const settle = ({ status, aborted }: ResponseFacts): number => {
    ends.push({ status, aborted })
    return 0
  }
  return { limit: { name: 'watched', ...byAll, settle }, ends }
}
