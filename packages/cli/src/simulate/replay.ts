/** Requests of a log, decided by a limiter of the core in the time of the log, and counted. */
import { createLimiter, type Limit, memoryStore } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import type { LogRequest } from '../log/request-reader.ts'
import { type Busiest, busiest } from './busiest.ts'
import { type Minutes, minutes } from './minutes.ts'

/** What a limit did. */
export interface LimitTally {
  /** Requests that it applied to. */
  applied: number
  /** Requests that it refused, or would have refused if it were not measured only. */
  refused: number
  readonly keys: Busiest
  readonly refusedKeys: Busiest
}

/** What became of all requests. */
export interface Replay {
  requests: number
  refused: number
  readonly limits: readonly LimitTally[]
  readonly routes: Busiest
  readonly refusedRoutes: Busiest
  /** Thing 0 is requests, 1 is refused ones, and 2 and on is what each limit refused. */
  readonly minutes: Minutes
  /** Limits whose new keys shared a bucket, because there were too many keys. */
  overflowing(): readonly string[]
  add(request: LogRequest): void
}

/** @param limits - in the order of the keys of each request */
export function replay(limits: readonly Limit<LogRequest, 'sync'>[]): Replay {
  const clock = manualClock(0)
  const store = memoryStore({ clock })
  const limiter = createLimiter<LogRequest>({ limits, store })
  const tallies = limits.map((): LimitTally => ({ applied: 0, refused: 0, keys: busiest(), refusedKeys: busiest() }))
  let nowMs = 0
  const tally: Replay = {
    requests: 0,
    refused: 0,
    limits: tallies,
    routes: busiest(),
    refusedRoutes: busiest(),
    minutes: minutes(2 + limits.length),
    overflowing: () => store.usage().overflowing,
    add(request) {
      nowMs = Math.max(nowMs, request.timeMs)
      clock.setMs(nowMs)
      const decision = limiter.consume(request)
      tally.requests++
      tally.minutes.add(nowMs, 0)
      tally.routes.add(request.route)
      if (!decision.allowed) {
        tally.refused++
        tally.minutes.add(nowMs, 1)
        tally.refusedRoutes.add(request.route)
      }
      // Limits that do not apply are left out of the statuses, and the others keep their order.
      let at = 0
      for (const status of decision.limits) {
        while (limits[at]!.name !== status.name) at++
        count(tallies[at]!, keyText(request, at), status.allowed)
        if (!status.allowed) tally.minutes.add(nowMs, 2 + at)
      }
    },
  }
  return tally
}

function count(tally: LimitTally, key: string, allowed: boolean): void {
  tally.applied++
  tally.keys.add(key)
  if (allowed) return
  tally.refused++
  tally.refusedKeys.add(key)
}

function keyText({ keys }: LogRequest, at: number): string {
  const key = keys[at]!
  return typeof key === 'string' ? key : key.length === 0 ? 'everyone' : key.join(', ')
}
