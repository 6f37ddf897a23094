/** The rules that a document can name: each as the function of the core that has its name takes it. */
import {
  type BurstMaxOptions,
  burstMax,
  type CalendarWindowOptions,
  type ConcurrencyOptions,
  concurrency,
  type FixedWindowOptions,
  fixedWindow,
  guaranteedShareOf,
  type LifetimeQuotaOptions,
  lifetimeQuota,
  type Rule,
  type SlidingWindowOptions,
  shareOf,
  slidingWindow,
  type TokenBucketOptions,
  tokenBucket,
} from '@sluice/core'
import { checkOptions, optionalOf } from '@sluice/core/internal'

/** Numbers of a share in a document. */
export interface ShareDocument {
  /** Name of the limit it is a share of, which stands further out. */
  readonly parent: string
  /** Above 0, at most 1, at most 9 decimals. */
  readonly ratio: number
  /** Whether it is the least that a key can have, in place of the most. @default false */
  readonly guaranteed?: boolean
}

/** One rule: its name and its options, or the word for a limit that admits everything. */
export type RuleDocument =
  | 'unlimited'
  | { readonly tokenBucket: TokenBucketOptions }
  | { readonly burstMax: BurstMaxOptions }
  | { readonly fixedWindow: FixedWindowOptions | CalendarWindowOptions }
  | { readonly slidingWindow: SlidingWindowOptions }
  | { readonly lifetimeQuota: LifetimeQuotaOptions }
  | { readonly concurrency: ConcurrencyOptions }
  | { readonly shareOf: ShareDocument }

/** The function behind each name. Each checks all of its options, as they come from a document of strangers. */
export const rules: Readonly<Record<string, (options: never) => Rule>> = Object.assign(Object.create(null) as object, {
  tokenBucket,
  burstMax,
  fixedWindow,
  slidingWindow,
  lifetimeQuota,
  concurrency,
  shareOf(options: ShareDocument) {
    checkOptions(options, 'shareOf', ['parent', 'ratio', 'guaranteed'])
    const { parent, ratio, guaranteed } = options
    optionalOf(guaranteed, 'shareOf.guaranteed', 'boolean')
    return guaranteed ? guaranteedShareOf(parent, ratio) : shareOf(parent, ratio)
  },
})
