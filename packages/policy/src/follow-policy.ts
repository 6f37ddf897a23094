/** Following a policy: each new document reaches the limiter whole, and a bad one leaves everything as it was. */
import { channel } from 'node:diagnostics_channel'
import { type Limit, type Limiter, SluiceError } from '@sluice/core'
import { applyPolicy } from './apply-policy.ts'
import { parsePolicy } from './document.ts'
import type { PolicySource } from './policy-source.ts'

/** What has become of a document. */
export type PolicyEvent =
  | { readonly type: 'policy'; readonly state: 'applied'; readonly version: string }
  | { readonly type: 'policy'; readonly state: 'refused'; readonly error: SluiceError }

/** What {@link followPolicy} takes. */
export interface FollowOptions<C> {
  readonly limiter: Limiter<C>
  /** The limits of the code, over which documents are laid: keys, conditions, and rules where a document says none. */
  readonly limits: readonly Limit<C>[]
  readonly source: PolicySource
  /** Told of every document; also published on the diagnostics channel `sluice:policy`. */
  readonly observe?: ((event: PolicyEvent) => void) | undefined
}

const events = channel('sluice:policy')

/**
 * Applies the present document, then every new one, until it is stopped.
 *
 * At the start a bad document is an error, because nothing good is in force yet; later ones are refused with an event, and what was in
 * force stays. A document with the version in force is not applied again; one with a lower version is refused.
 * @returns a function that stops the following
 * @throws SluiceError `SLUICE_POLICY`, `SLUICE_POLICY_SOURCE`, and what `limiter.update` throws
 */
export async function followPolicy<C>(options: FollowOptions<C>): Promise<() => void> {
  const { limiter, limits, source, observe } = options
  let inForce: string | undefined
  let busy = false
  let again = false

  function tell(event: PolicyEvent): void {
    observe?.(event)
    events.publish(event)
  }

  async function apply(): Promise<void> {
    const parsed = parsePolicy(await source.read())
    const { version, migrate } = parsed.document
    if (version === inForce) return
    await limiter.update(applyPolicy(limits, parsed), { version, migrate })
    inForce = version
    tell({ type: 'policy', state: 'applied', version })
  }

  /** One document at a time; a change that comes meanwhile is looked at afterwards. */
  async function changed(): Promise<void> {
    again = busy
    if (busy) return
    busy = true
    try {
      await apply()
    } catch (cause) {
      tell({ type: 'policy', state: 'refused', error: cause instanceof SluiceError ? cause : unreadable(cause) })
    } finally {
      busy = false
    }
    if (again) await changed()
  }

  await apply().catch((cause: unknown) => {
    throw cause instanceof SluiceError ? cause : unreadable(cause)
  })
  return source.watch(() => void changed())
}

function unreadable(cause: unknown): SluiceError {
  return new SluiceError('SLUICE_POLICY_SOURCE', { reason: cause instanceof Error ? cause.message : String(cause) }, { cause })
}
