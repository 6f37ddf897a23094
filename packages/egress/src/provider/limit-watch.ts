/** Notices that a provider allows another number than the configured one. */
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_EGRESS_ALLOWANCE } from '../errors.ts'
import type { Sighting } from '../mirror/mirror.ts'
import type { EgressEvents } from './events.ts'
import type { ProviderPlan } from './options.ts'

/**
 * Tells each change of a limit in the headers once. An account that allows 500 where 600 are configured is one event. The next event comes
 * when it allows another number. Without a listener, the first limit below the configured one is a warning.
 */
export function limitWatch({ names, dimensions, provider }: ProviderPlan, events: EgressEvents): (sightings: readonly Sighting[]) => void {
  /** By dimension: what was told last, and when the call was booked whose response said so. */
  const known = names.map((_, i) => ({ allowed: dimensions[i]!.capacity, at: 0, isWarned: false }))
  return (sightings) => {
    for (const { dimension, at, limit: allowed } of sightings) {
      const latest = known[dimension]!
      // A response that comes late tells of an earlier limit.
      if (allowed === undefined || at < latest.at) continue
      latest.at = at
      if (allowed === latest.allowed) continue
      latest.allowed = allowed
      const facts = { limit: names[dimension]!, allowed, configured: dimensions[dimension]!.capacity }
      if (events.watched) events.tell({ type: 'allowance', ...facts })
      else if (allowed < facts.configured && !latest.isWarned) {
        latest.isWarned = true
        warnOnce(SLUICE_EGRESS_ALLOWANCE, { provider, ...facts })
      }
    }
  }
}
