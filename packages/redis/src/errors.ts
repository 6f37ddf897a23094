/** The error codes of this package: what a Cluster makes of the keys of a store. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, packageErrors } from '@sluice/core/internal'

const redisCodes = {
  SLUICE_ONE_SLOT: {
    message: 'All buckets of the Redis store {prefix} lie in one slot of the Cluster, and one node decides everything',
    hint: 'Set `colocate` to the name of an outer limit with whose key the keys of all limits begin, or leave it if one node is enough.',
  },
  SLUICE_COLOCATE: {
    request: true,
    message: 'Buckets are placed by a limit whose key is not one part',
    hint: 'Let the `by` of the limit in `colocate` return one string, number, bigint or boolean.',
  },
  SLUICE_APART: {
    message:
      'The key of the limit {name} does not begin with that of {outer}: in a Cluster it is decided apart, and no longer in one step with the others',
    hint: 'Let its `by` return a list that begins with the key of {outer}, or leave it if a weaker promise will do.',
  },
} as const

/** A code of `SluiceError` that only this package uses. */
export type RedisCode = keyof typeof redisCodes

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof redisCodes> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core, which knows the codes above. */
export const SluiceError: typeof CoreError = packageErrors(
  '@sluice/redis',
  typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined,
  redisCodes,
)
export type SluiceError = CoreError
