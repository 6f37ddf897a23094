/** Following a policy: each new document reaches the limiter whole, and a bad one leaves everything as it was. */
import { channel } from 'node:diagnostics_channel'
import { type Limit, type Limiter, type LimiterEvent, type Migrate, SluiceError } from '@sluice/core'
import { checkOptions, SLUICE_POLICY_SOURCE } from '@sluice/core/internal'
import { applyPolicy, placed } from './apply-policy.ts'
import { type ParsedPolicy, type PolicyDocument, parsePolicy } from './document.ts'
import { reasonOf } from './limit-document.ts'
import type { PolicySource } from './policy-source.ts'

/** What has become of a document. */
export type PolicyEvent =
  | { readonly type: 'policy'; readonly state: 'applied'; readonly version: string; readonly migrate: Migrate }
  /** `version` is the one that stays in force. */
  | { readonly type: 'policy'; readonly state: 'refused'; readonly version: string; readonly error: SluiceError }

/** What {@link followPolicy} takes. */
export interface FollowOptions<C> {
  readonly limiter: Limiter<C>
  /** The limits of the code, over which documents are laid: keys, conditions, and rules where a document says none. */
  readonly limits: readonly Limit<C>[]
  readonly source: PolicySource
  /**
   * Told of every document. The same is published on the diagnostics channel `sluice:policy`, and refusals on `sluice:fault` as well,
   * where they are counted among the other faults.
   */
  readonly observe?: ((event: PolicyEvent) => void) | undefined
}

/** A document that is in force, or was. */
export interface PolicyInForce {
  readonly document: PolicyDocument
  /** When it was applied, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** A policy that is being followed. */
export interface PolicyFollowing {
  /** The version in force. */
  readonly version: string
  /** The document in force, and up to nineteen before it. The latest is the first. */
  readonly history: readonly PolicyInForce[]
  /** Documents refused since the start, and times that none could be read. */
  readonly refused: number
  /** Why the latest document was refused; `undefined` once a good one has been applied after it. */
  readonly refusal: SluiceError | undefined
  /** Ends the following: what is in force stays, and a document that is being read is not applied. */
  stop(): void
}

const policies = channel('sluice:policy')
const faults = channel('sluice:fault')

/**
 * Applies the present document, then every new one, until it is stopped.
 *
 * At the start a bad document is an error, because nothing good is in force yet; later ones are refused with an event, and what was in
 * force stays. Versions must grow: a document with a lower one is refused. Another document with the version in force is refused
 * too, because a process that starts now would decide by it while the others do not.
 * @throws SluiceError `SLUICE_POLICY`, `SLUICE_POLICY_SOURCE`, `SLUICE_OPTION_UNKNOWN`, and what `limiter.update` throws
 * @example
 * ```ts
 * const following = await followPolicy({ limiter, limits, source: policyFile('policy.json') })
 * following.stop()
 * ```
 */
export async function followPolicy<C>(options: FollowOptions<C>): Promise<PolicyFollowing> {
  checkOptions(options, 'followPolicy', ['limiter', 'limits', 'source', 'observe'])
  const { source } = options
  const inForce = await apply(options, await read(source), undefined)
  const history = [{ document: inForce.policy.document, sinceMs: Date.now() }]
  const state: State<C> = { options, inForce, history, refused: 0, refusal: undefined, stopped: false, busy: false, again: false }
  const unwatch = source.watch(() => void changed(state))
  // What changed between the first look and the watching is not told.
  void changed(state)
  return {
    get version() {
      return state.inForce.policy.document.version
    },
    get history() {
      return state.history
    },
    get refused() {
      return state.refused
    },
    get refusal() {
      return state.refusal?.error
    },
    stop() {
      state.stopped = true
      unwatch()
    },
  }
}

interface State<C> {
  readonly options: FollowOptions<C>
  inForce: Applied
  history: readonly PolicyInForce[]
  refused: number
  refusal: Refusal | undefined
  stopped: boolean
  /** A document is being read or applied. */
  busy: boolean
  /** A change came meanwhile. */
  again: boolean
}

/** One document at a time; a change that comes meanwhile is looked at afterwards. */
async function changed<C>(state: State<C>): Promise<void> {
  state.again = state.busy
  if (state.busy || state.stopped) return
  state.busy = true
  let text: string | undefined
  try {
    text = await read(state.options.source)
    if (!state.stopped) enter(state, await apply(state.options, text, state.inForce))
    state.refusal = undefined
  } catch (cause) {
    refuse(state, text, coded(cause))
  } finally {
    state.busy = false
  }
  if (state.again) await changed(state)
}

/** Documents that are kept of those that were in force. */
const mostKept = 20

function enter<C>(state: State<C>, next: Applied): void {
  const { document } = next.policy
  // The same document may be written otherwise, with a version that stays.
  if (document.version !== state.inForce.policy.document.version)
    state.history = [{ document, sinceMs: Date.now() }, ...state.history].slice(0, mostKept)
  state.inForce = next
}

async function apply<C>(options: FollowOptions<C>, text: string, before: Applied | undefined): Promise<Applied> {
  if (text === before?.text) return before
  const policy = parsePolicy(text)
  const { version, migrate = 'keepUsed' } = policy.document
  if (before?.policy.document.version === version) return unchanged(before, text, policy)
  const next = applyPolicy(options.limits, policy)
  try {
    await options.limiter.update(next, { version, migrate })
  } catch (cause) {
    throw placed(cause, policy)
  }
  tell(options, { type: 'policy', state: 'applied', version, migrate })
  return { text, policy }
}

function refuse<C>(state: State<C>, text: string | undefined, error: SluiceError): void {
  const { refusal, stopped, inForce, options } = state
  // Sources may tell of one change twice, and of a document that cannot be read every time they look.
  if (stopped || (error.message === refusal?.error.message && text === refusal.text)) return
  state.refused += 1
  state.refusal = { text, error }
  tell(options, { type: 'policy', state: 'refused', version: inForce.policy.document.version, error })
  faults.publish({ type: 'fault', error, limit: null } satisfies LimiterEvent)
}

function tell<C>({ observe }: FollowOptions<C>, event: PolicyEvent): void {
  policies.publish(event)
  try {
    observe?.(event)
  } catch (error) {
    // What a listener throws is its own error, not one of the policy.
    queueMicrotask(() => {
      throw error
    })
  }
}

/** The document in force. */
interface Applied {
  readonly text: string
  readonly policy: ParsedPolicy
}

/** A document that was refused; without a text where none could be read. */
interface Refusal {
  readonly text: string | undefined
  readonly error: SluiceError
}

/** The document in force, written otherwise. @throws SluiceError for another document with the same version */
function unchanged(before: Applied, text: string, policy: ParsedPolicy): Applied {
  const { document } = policy
  if (JSON.stringify(document) === JSON.stringify(before.policy.document)) return { text, policy }
  throw policy.refusal({}, `version is still ${document.version}, but the policy has changed; raise the version`)
}

async function read(source: PolicySource): Promise<string> {
  try {
    return await source.read()
  } catch (cause) {
    throw coded(cause)
  }
}

function coded(cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause
  return new SluiceError(SLUICE_POLICY_SOURCE, { reason: reasonOf(cause) }, { cause })
}
