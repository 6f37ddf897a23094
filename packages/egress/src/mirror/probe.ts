/**
 * The probe: after a window without a response nothing is known of strangers, so one call goes alone, and its response shows what is left. It
 * holds the others up for a bounded time, since a response may be slow or never come.
 */
import type { Micros } from '@sluice/core'
import type { MirrorRules, MirrorState } from './state.ts'

/** When a probe is sent, and how long it holds other calls up. */
export interface ProbeRules {
  /** Time without a response after which the next call is a probe: the shortest window. */
  readonly afterUs: Micros
  readonly patienceUs: Micros
}

const longestPatienceUs: Micros = 2_000_000

/** A probe holds the others up for a quarter of the shortest window, at most 2 s. */
export function probeRules(windowsUs: readonly Micros[]): ProbeRules {
  const afterUs = Math.min(...windowsUs)
  return { afterUs, patienceUs: Math.min(Math.floor(afterUs / 4), longestPatienceUs) }
}

/** Until when nothing else is sent, because a probe is out; 0 if none is. */
export function probeEndUs({ probeUs }: MirrorState, { probe }: MirrorRules, now: Micros): Micros {
  if (probe === undefined || probeUs === 0 || now >= probeUs + probe.patienceUs) return 0
  return probeUs + probe.patienceUs
}

/** Makes a call that is booked now the probe, if nothing was heard for so long. @returns as {@link probeEndUs} */
export function beginProbe(state: MirrorState, rules: MirrorRules, now: Micros): Micros {
  if (rules.probe === undefined || now - Math.max(state.heardUs, state.probeUs) <= rules.probe.afterUs) return 0
  state.probeUs = now
  return now + rules.probe.patienceUs
}
