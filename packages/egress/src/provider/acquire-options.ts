/** What a call says of itself. */

import { type Signal, SluiceError } from '@sluice/core'
import { SLUICE_CHOICE, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { EgressCost } from './costs.ts'
import type { ProviderPlan } from './options.ts'

/** One call. */
export interface AcquireOptions {
  /** Units by limit name, the estimate of what the call will use. */
  readonly cost?: EgressCost | undefined
  /** Who the call is for: callers share the quota fairly. Without one, calls are served in the order of arrival. */
  readonly caller?: string | undefined
  /** One of `queue.lanes`. @default the first */
  readonly lane?: string | undefined
  /** Gives up waiting. The promise rejects with its reason. */
  readonly signal?: Signal | undefined
  /** Milliseconds from now within which the permit must come; `queue.wait` bounds it too. A call that cannot make it is refused at once. */
  readonly deadlineMs?: number | undefined
  /** The call is tried again: it goes to the head of its lane. @default false */
  readonly again?: boolean | undefined
  /** Label of the key that the provider refused for this call. A key pool sends it with another key. */
  readonly refusedKey?: string | undefined
}

export function laneOf(lane: string, { lanes }: ProviderPlan): number {
  const at = lanes.indexOf(lane)
  if (at < 0) throw new SluiceError(SLUICE_CHOICE, { option: 'lane', value: lane, choices: lanes })
  return at
}

/** A deadline in the past lets nothing wait: the call is sent now or refused. */
export function waitOf(deadlineMs: unknown, { waitMs }: ProviderPlan): number {
  if (deadlineMs === undefined) return waitMs
  if (typeof deadlineMs !== 'number' || Number.isNaN(deadlineMs)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'deadlineMs', wanted: 'a number of milliseconds', value: deadlineMs })
  }
  return Math.max(0, Math.min(waitMs, deadlineMs))
}
