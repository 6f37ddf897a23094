/** Every kind of rule that counts, with the numbers of a token bucket: what memory and Redis must decide alike. */
import { burstMax, type CountingRule, fixedWindow, lifetimeQuota, slidingWindow, type TokenBucketRule } from '@sluice/core'

export const everyKind: readonly ((rule: TokenBucketRule) => CountingRule)[] = [
  ({ refill, perMs }: TokenBucketRule) => burstMax({ refill, per: `${perMs}ms` }),
  ({ refill, perMs }: TokenBucketRule) => burstMax({ refill, per: `${perMs}ms`, capacity: refill + (refill >> 1) }),
  ({ refill, perMs }: TokenBucketRule) => burstMax({ refill, per: `${perMs}ms`, mode: 'bucket' }),
  ({ capacity, perMs }: TokenBucketRule) => fixedWindow({ capacity, per: `${perMs}ms` }),
  ({ capacity, perMs }: TokenBucketRule) => fixedWindow({ capacity, per: `${perMs}ms`, align: 'first' }),
  ({ capacity, perMs }: TokenBucketRule) => slidingWindow({ capacity, per: `${perMs}ms` }),
  ({ capacity, perMs }: TokenBucketRule) => slidingWindow({ capacity, per: `${perMs}ms`, exact: true }),
  ({ capacity, perMs }: TokenBucketRule) => slidingWindow({ capacity, per: `${perMs}ms`, slots: 4 }),
  ({ capacity }: TokenBucketRule) => fixedWindow({ capacity, per: 'day', timeZone: 'America/Argentina/Buenos_Aires' }),
  ({ capacity }: TokenBucketRule) => fixedWindow({ capacity, per: 'month', timeZone: 'Asia/Seoul' }),
  ({ capacity }: TokenBucketRule) => fixedWindow({ capacity, per: 'year', timeZone: 'Asia/Seoul' }),
  ({ capacity }: TokenBucketRule) => lifetimeQuota({ capacity }),
  (rule: TokenBucketRule) => rule,
]
