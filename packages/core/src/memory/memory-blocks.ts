/** The blocks of a memory store: bounded, and without a timer for any of them. */
import type { Micros } from '../clock.ts'
import type { BlockedKey } from '../store.ts'

/** Blocked keys by limit. */
export interface MemoryBlocks {
  /** Keys that are blocked, with some whose block may be over. */
  readonly count: number
  /** Microseconds for which a key is still blocked; 0 where it is not. */
  blockedFor(limit: string, key: string, now: Micros): Micros
  /** Whether a key can be blocked: it is already, or there is room after a few blocks were looked at that may be over. */
  hasRoom(limit: string, key: string, now: Micros): boolean
  /** Blocks a key until then; 0 lifts it. */
  block(limit: string, key: string, until: Micros, now: Micros): void
  /** Unblocks all keys of a limit. */
  liftAll(limit: string): void
  /** The keys of a limit that are blocked: so many at most, those that stay so the longest first. */
  blocked(limit: string, most: number, now: Micros): readonly BlockedKey[]
  clear(): void
}

/** Blocks looked at for each new one, so that those whose owners never come back do not pile up; more where there is no room. */
const perBlock = 2
const perBlockWhenFull = 64

/** No blocks yet. @param maxBlocks - at once, over all limits */
export function memoryBlocks(maxBlocks: number): MemoryBlocks {
  const limits = new Map<string, Map<string, Micros>>()
  function lift(limit: string, key: string): void {
    const blocks = limits.get(limit)
    if (!blocks?.delete(key)) return
    blocked.count -= 1
    if (blocks.size === 0) limits.delete(limit)
  }

  function liftExpired(limit: string, blocks: Map<string, Micros>, now: Micros, most: number): void {
    let looked = 0
    for (const [key, until] of blocks) {
      if (looked++ === most) return
      if (until <= now) lift(limit, key)
      else {
        // One that is still in force goes to the end, and the next new block looks at others.
        blocks.delete(key)
        blocks.set(key, until)
      }
    }
  }

  const blocked: MemoryBlocks & { count: number } = {
    count: 0,
    blockedFor(limit, key, now) {
      if (blocked.count === 0) return 0
      const until = limits.get(limit)?.get(key)
      if (until === undefined) return 0
      if (until > now) return until - now
      lift(limit, key)
      return 0
    },
    hasRoom(limit, key, now) {
      if (blocked.count < maxBlocks || limits.get(limit)?.has(key) === true) return true
      for (const [name, blocks] of limits) liftExpired(name, blocks, now, perBlockWhenFull)
      return blocked.count < maxBlocks
    },
    block(limit, key, until, now) {
      lift(limit, key)
      if (until === 0) return
      const blocks = limits.get(limit) ?? new Map<string, Micros>()
      limits.set(limit, blocks.set(key, until))
      blocked.count += 1
      if (blocks.size > 1) liftExpired(limit, blocks, now, perBlock)
    },
    liftAll(limit) {
      blocked.count -= limits.get(limit)?.size ?? 0
      limits.delete(limit)
    },
    blocked(limit, most, now) {
      const live = [...(limits.get(limit) ?? [])].filter(([, until]) => until > now).sort(([, a], [, b]) => b - a)
      return live.slice(0, most).map(([key, until]) => ({ key, blockedForMs: Math.ceil((until - now) / 1000) }))
    },
    clear() {
      limits.clear()
      blocked.count = 0
    },
  }
  return blocked
}
