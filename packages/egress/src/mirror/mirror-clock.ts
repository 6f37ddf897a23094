/** The clock of a mirror: it follows the server's clock, and no step of that clock moves it. */
import type { Micros } from '@sluice/core'
import type { Known } from './mirror.ts'
import type { MirrorState } from './state.ts'

/**
 * A message takes up to so long; what the server's clock is ahead of a process beyond that is a step. A smaller step is seen by the
 * process that gets the answer, which says so in its next question (`shared-clock.ts`). With a smaller tolerance a busy machine looks like a
 * clock that steps, and the mirror loses the time that it takes off.
 */
const toleranceUs = 500_000

/**
 * Moves the clock on to a reading of the server's clock.
 *
 * A step back would stop the mirror, and is taken off. A step forward would let a window pass twice. A process that has asked before
 * knows how much time can have passed, and more than that is taken off. If the mirror was read between the step and that process,
 * its clock is ahead already: it stands still until real time has caught up.
 * @returns how long nothing may be booked because the clock stands still
 */
export function advance(state: MirrorState, serverUs: Micros, known: Known | undefined): Micros {
  let raw = serverUs - state.skewUs
  if (known !== undefined && raw > known.now + known.mostUs + (known.stepped ? 0 : toleranceUs)) {
    state.skewUs += raw - (known.now + known.leastUs)
    raw = known.now + known.leastUs
    state.ahead = raw < state.lastUs
  }
  if (raw >= state.lastUs) {
    state.lastUs = raw
    state.ahead = false
    return 0
  }
  if (state.ahead) return state.lastUs - raw
  state.skewUs -= state.lastUs - raw
  return 0
}
