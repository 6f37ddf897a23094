/** What the prose check reports: where a text is hard to read, and what to write there. */

/** The kinds of fault, in the order of the totals. */
export const kinds = ['word', 'sentence', 'example'] as const

export interface Fault {
  readonly kind: (typeof kinds)[number]
  /** Relative to the root. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The word or sentence that is wrong. */
  readonly what: string
  /** What to do about it. */
  readonly fix: string
}
