/** Watches the timers that renew slots: they are told from all others by how long they take. */

/** What is watched. */
export interface WatchedIntervals {
  /** A lease that no other test uses. */
  readonly leaseMs: number
  /** Renewals that go on. */
  active(): number
  restore(): void
}

/** Renewals within one lease. */
const perLease = 3
let used = 0

/** Watches from now on, until it is told to stop. */
export function watchIntervals(): WatchedIntervals {
  const everyMs = 50_000 + ++used
  const { setInterval: set, clearInterval: clear } = globalThis
  const active = new Set<unknown>()
  globalThis.setInterval = ((run: () => void, ms?: number) => {
    const timer = set(run, ms)
    if (ms === everyMs) active.add(timer)
    return timer
  }) as typeof set
  globalThis.clearInterval = (timer) => {
    active.delete(timer)
    clear(timer)
  }
  return {
    leaseMs: everyMs * perLease,
    active: () => active.size,
    restore() {
      globalThis.setInterval = set
      globalThis.clearInterval = clear
    },
  }
}
