/** The figures of a race, for tables and curves. */
import { rounded } from '../interleave.ts'
import type { RaceOutcome } from './race.ts'
import type { TracedCall } from './trace.ts'

/** One contender in one scenario. */
export interface Run {
  readonly scenario: string
  readonly contender: string
  readonly outcome: RaceOutcome
}

/** The wait that a part of the served calls is below, in milliseconds. */
export function waitAt({ sentMs }: Pick<RaceOutcome, 'sentMs'>, part: number): number {
  const waits = sentMs.map(([arrived, sent]) => sent - arrived).sort((a, b) => a - b)
  return waits[Math.min(waits.length - 1, Math.floor(part * waits.length))] ?? 0
}

/** Seconds for people. */
export function seconds(ms: number): number {
  return rounded(ms / 1000, 2)
}

/** What the waits of an exact mirror come to. */
export function exactMirror(trace: readonly TracedCall[], waitsMs: readonly number[]): RaceOutcome {
  const sentMs = trace.map(({ atMs }, i) => [atMs, atMs + waitsMs[i]!] as const)
  return { limitedAtMs: [], limited: 0, failed: 0, sentMs, overMs: Math.max(...sentMs.map(([, sent]) => sent)), questions: 0 }
}

/** A line of the table. */
export function rowOf({ scenario, contender, outcome }: Run) {
  const { limited, failed, sentMs, overMs, questions } = outcome
  const calls = sentMs.length + failed
  return {
    scenario,
    contender,
    '429s': limited,
    failed,
    'p50 wait': seconds(waitAt(outcome, 0.5)),
    'p99 wait': seconds(waitAt(outcome, 0.99)),
    'over after': Math.round(overMs / 1000),
    'calls to Redis': questions === 0 ? null : rounded(questions / calls, 2),
  }
}

/** How many of these moments lie in each step of time. */
export function countBy(stepMs: number, steps: number, momentsMs: readonly number[]): number[] {
  const counts = new Array<number>(steps).fill(0)
  for (const ms of momentsMs) counts[Math.min(steps - 1, Math.floor(ms / stepMs))]! += 1
  return counts
}

/** Calls that have arrived and are not sent, at the end of each step of time; of those alone that are served in the end. */
export function waitingBy(stepMs: number, steps: number, { sentMs }: Pick<RaceOutcome, 'sentMs'>): number[] {
  const arrived = countBy(
    stepMs,
    steps,
    sentMs.map(([ms]) => ms),
  )
  const sent = countBy(
    stepMs,
    steps,
    sentMs.map(([, ms]) => ms),
  )
  let waiting = 0
  return arrived.map((count, i) => {
    waiting += count - sent[i]!
    return waiting
  })
}
