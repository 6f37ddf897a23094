/** One mirror for several providers in one process, behind a way that takes time, as over a network. */
import type { Clock } from '@sluice/core'
import type { MirrorRules, MirrorState } from '../src/mirror/state.ts'
import { emptyState } from '../src/mirror/state.ts'
import { type Hint, take } from '../src/mirror/take.ts'
import type { MirrorStore } from '../src/provider/options.ts'

/** @param oneWayMs - of the way to the mirror, and of the way back */
export function sharedMirror(clock: Clock, oneWayMs: number): MirrorStore {
  let state: MirrorState | undefined
  const wakes = new Map<string, (inUs: number) => void>()
  const way = () => new Promise((resolve) => setTimeout(resolve, oneWayMs))
  return {
    open: (_provider: string, rules: MirrorRules) => ({
      async take(ask) {
        await way()
        state ??= emptyState(rules)
        const hints: Hint[] = []
        const taken = take(state, Math.floor(clock.nowMs() * 1000), ask, rules, hints)
        // What is answered is a copy of what is kept.
        const answer = { ...taken, view: { ...taken.view, logs: taken.view.logs.map((log) => [...log]) } }
        for (const { process, inUs } of hints) void way().then(() => wakes.get(process)?.(inUs))
        await way()
        return answer
      },
      onHint(process, wake) {
        wakes.set(process, wake)
        return () => void wakes.delete(process)
      },
      close() {},
    }),
  }
}
