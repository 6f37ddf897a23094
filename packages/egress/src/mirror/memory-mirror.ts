/** A mirror in the memory of one process. */
import type { Clock } from '@sluice/core'
import type { Mirror } from './mirror.ts'
import { emptyState, type MirrorRules } from './state.ts'
import { type Hint, take } from './take.ts'

/** @param clock - monotonic */
export function memoryMirror(rules: MirrorRules, clock: Clock): Mirror {
  const state = emptyState(rules)
  const wakes = new Map<string, (inUs: number) => void>()
  return {
    take(ask) {
      const hints: Hint[] = []
      const taken = take(state, Math.floor(clock.nowMs() * 1000), ask, rules, hints)
      for (const { process, inUs } of hints) wakes.get(process)?.(inUs)
      return taken
    },
    onHint(process, wake) {
      wakes.set(process, wake)
      return () => void wakes.delete(process)
    },
    close() {},
  }
}
