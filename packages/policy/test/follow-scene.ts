/** A limiter that follows a policy, and short words for what tests do to it. */
import { createLimiter, type Limit, type Limiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { afterEach, expect } from 'vitest'
import { followPolicy, type PolicyEvent, type PolicyFollowing } from '../src/follow-policy.ts'
import type { PolicySource } from '../src/policy-source.ts'

export const limits: Limit<string>[] = [
  { name: 'api', by: () => 'all', rule: tokenBucket({ capacity: 100, per: '1h' }) },
  { name: 'app', by: (app) => app, rule: tokenBucket({ capacity: 50, per: '1h' }) },
]

/** A document that says one thing: the capacity of the API. */
export function policy(version: string, capacity: number, more: object = {}): string {
  return JSON.stringify({ version, ...more, limits: { api: { rule: { tokenBucket: { capacity, per: '1h' } } } } })
}

const open: PolicyFollowing[] = []
afterEach(() => {
  for (const following of open.splice(0)) following.stop()
})

export interface FollowScene {
  readonly limiter: Limiter<string>
  readonly events: PolicyEvent[]
  readonly following: PolicyFollowing
  /** Waits for the latest event to be like this. */
  latest(event: object): Promise<void>
}

/** Follows a source until the test is over. */
export async function follow(source: PolicySource): Promise<FollowScene> {
  const limiter = createLimiter<string>({ limits, store: memoryStore({ clock: manualClock() }) })
  const events: PolicyEvent[] = []
  const following = await followPolicy({ limiter, limits, source, observe: (event) => events.push(event) })
  open.push(following)
  const latest = async (event: object): Promise<void> => await expect.poll(() => events.at(-1)).toMatchObject(event)
  return { limiter, events, following, latest }
}
