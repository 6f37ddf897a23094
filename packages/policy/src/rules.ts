/** The rules that a document can name, and what they mean in code. */
import { type Rule, shareOf, type TokenBucketOptions, tokenBucket } from '@sluice/core'

/** One rule: its name and its options, as the function of that name takes them. */
export type RuleDocument =
  | { readonly tokenBucket: TokenBucketOptions }
  | { readonly shareOf: { readonly parent: string; readonly ratio: number } }

/** The function behind each name. */
export const rules: Readonly<Record<string, (options: never) => Rule>> = Object.assign(Object.create(null) as object, {
  tokenBucket,
  shareOf: ({ parent, ratio }: { parent: string; ratio: number }) => shareOf(parent, ratio),
})
