/** Who is blocked. The limiters are queried while a page is open, and not more often than every few seconds. */

import { idOfKey } from './key-names.ts'
import type { LiveLimiter } from './sources.ts'

/** A key that is blocked. */
export interface BlockedId {
  /** The limit and the key: see `idOfKey`. */
  readonly id: string
  /** `null` for ever. */
  readonly blockedForMs: number | null
}

/** The keys that are blocked, the longest first. */
export interface BlockedKeys {
  /** Asks again if the answer is old. It never rejects: a limiter that does not answer has no blocked keys. */
  refresh(nowMs: number): Promise<void>
  /** Lets the next `refresh` ask at once. */
  changed(): void
  readonly ids: readonly BlockedId[]
}

const everyMs = 10_000
/** Limits of a limiter that are queried, and keys that are kept. */
const mostLimits = 50
const mostKeys = 200

export function blockedKeys(limiters: readonly LiveLimiter[]): BlockedKeys {
  let ids: readonly BlockedId[] = []
  let dueMs = 0
  let asking: Promise<void> | undefined

  async function ask(): Promise<void> {
    const questions = limiters.flatMap(({ admin, counts }) =>
      [...counts.limits.keys()].slice(0, mostLimits).map((limit) => ({ admin, limit })),
    )
    const found = await Promise.all(
      questions.map(async ({ admin, limit }) => {
        try {
          return (await admin.bans(limit)).map(({ key, blockedForMs }) => ({ id: idOfKey(limit, key), blockedForMs }))
        } catch {
          // The limit is not there any more, or the store is away.
          return []
        }
      }),
    )
    const once = new Map(found.flat().map((one) => [one.id, one]))
    const wait = ({ blockedForMs }: BlockedId): number => blockedForMs ?? Number.POSITIVE_INFINITY
    ids = [...once.values()].sort((a, b) => wait(b) - wait(a) || 0).slice(0, mostKeys)
    asking = undefined
  }

  return {
    async refresh(nowMs) {
      if (nowMs >= dueMs && asking === undefined) {
        dueMs = nowMs + everyMs
        asking = ask()
      }
      await asking
    },
    changed() {
      dueMs = 0
    },
    get ids() {
      return ids
    },
  }
}
