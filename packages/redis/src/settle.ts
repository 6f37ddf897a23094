/** Settling reservations, once: the first settlement leaves a marker beside the buckets for as long as a hold lives. */
import type { Hold, Settled } from '@sluice/core'
import type { BucketKeys } from './bucket-key.ts'
import type { Means } from './means.ts'
import type { Reply } from './rows.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'
import { writeTerms } from './terms-text.ts'

/** One script, one round trip; the buckets of the hold are in one slot. */
export function settleHold(means: Means, hold: Hold, actual: readonly number[], deadlineMs: number): Promise<Settled> {
  return settle(means, hold, actual, String(means.handleLifetimeMs), deadlineMs)
}

/** Gives back all of a hold that only its caller knows, so that no marker is needed to settle it once. */
export async function takeBack(means: Means, hold: Hold, deadlineMs: number): Promise<void> {
  const nothingUsed = hold.entries.map(() => 0)
  await settle(means, hold, nothingUsed, '', deadlineMs)
}

async function settle(means: Means, hold: Hold, actual: readonly number[], lifetime: string, deadlineMs: number): Promise<Settled> {
  const { keys } = means
  const { entries } = hold
  const buckets = entries.map(({ limit, key }) => keys.bucket(limit, key))
  const charges = entries.flatMap(({ limit, terms, units, at }, i) => [
    writeTerms(terms, limit.name),
    String(units),
    String(at),
    String(actual[i] ?? units),
  ])
  const errand = {
    script: scripts.settle,
    keys: [markerOf(hold, keys), ...buckets],
    args: [lifetime, ...charges],
    terms: entries.map(({ terms }) => terms),
  }
  const reply = await run(means, errand, deadlineMs)
  const [first, ...excess] = (reply as Reply).map(Number)
  return { first: first === 1, excess: entries.map((_, i) => excess[i] ?? 0) }
}

/** The key that says whether a hold was settled, in the slot of its buckets. */
export function markerOf({ id, entries }: Hold, keys: BucketKeys): string {
  return keys.marker(id, keys.tagOf(entries[0]?.key ?? ''))
}
