/** Options of a provider, checked once. */
import { type Clock, type Duration, SluiceError } from '@sluice/core'
import { checkOptions, oneOf, parseDuration, SLUICE_CHOICE, SLUICE_OPTION_TYPE, systemClock, wholeNumber } from '@sluice/core/internal'
import type { Dialect } from '../dialects/dialect.ts'
import { memoryMirror } from '../mirror/memory-mirror.ts'
import type { Mirror } from '../mirror/mirror.ts'
import { type EgressOutage, type OutageMirror, outageMirror } from '../mirror/outage-mirror.ts'
import { probeRules } from '../mirror/probe.ts'
import { type MirrorRules, usualGraceUs, usualLeaseUs } from '../mirror/state.ts'
import type { RefusedStatus } from '../refusal.ts'
import type { Budget } from './budget.ts'
import { type CostMap, usualUnitsOf } from './costs.ts'
import { kept, lanesOf, limitsOf, type ProviderLimit } from './limits.ts'

/** Bounds of the queue. */
export interface QueueOptions {
  /** Longest wait of a call, up to 1 h. A call that would wait longer is refused when it arrives. @default '5s' */
  readonly wait?: Duration | undefined
  /** Most calls that wait, from 0 to 1,000,000. @default 1000 */
  readonly depth?: number | undefined
  /**
   * Lanes in the order in which they are served, each with the share of every window that is kept free for it, from 0 to less than 1.
   * With `{ interactive: 0, batch: 0.2 }` interactive calls go first and use at most 80 % of each window. @default one lane
   */
  readonly lanes?: Readonly<Record<string, number>> | undefined
  /** Most callers that are told apart at a time; more share the queue in the order of arrival. From 1 to 1,000,000. @default 10_000 */
  readonly callers?: number | undefined
}

/** Where mirrors are kept. In memory without one. */
export interface MirrorStore {
  open(provider: string, rules: MirrorRules): Mirror
}

/** What {@link createProvider} takes. */
export interface ProviderOptions {
  /** Names the provider in errors, and its key in a shared store: 1 to 64 letters, digits and `.`, `_`, `-`. */
  readonly name: string
  readonly limits: Readonly<Record<string, ProviderLimit>>
  /**
   * Most calls in flight, from 1 to 1,000,000: of this process, or with a `store` of all processes together. A permit is a call in flight
   * until it is settled. @default no bound
   */
  readonly concurrency?: number | undefined
  /** @default memory: this process alone uses the provider */
  readonly store?: MirrorStore | undefined
  /**
   * What happens while the store does not answer. `'deny'`: no call is sent. Calls wait as long as they may, and new ones are refused at once
   * with `SLUICE_EGRESS_OUTAGE` and status 503. `'local'`: each process sends its part of the limits, one in `processes`. `'allow'`: calls
   * are sent without any limit. What was sent meanwhile is booked when the store answers again. @default 'deny'
   */
  readonly onOutage?: EgressOutage | undefined
  /** Processes that share the store, from 1 to 1,000,000. With 4 of them each sends a quarter of the limits in an outage. `'local'` needs it. */
  readonly processes?: number | undefined
  /**
   * How the provider counts: in windows, or by the second as well. `'auto'` begins with windows, and keeps a distance between calls
   * after a 429 that no window explains. @default 'window'
   */
  readonly enforcement?: 'window' | 'paced' | 'auto' | undefined
  /** Longest time from the permit to the arrival of the call at the provider, connection set-up included. @default '250ms' */
  readonly transit?: Duration | undefined
  /**
   * `'soonest'` sends as early as the windows allow. `'steady'` spreads a saturated quota over the window. `'auto'` is steady
   * once calls were refused for half a window, until none was refused for a whole one. @default 'auto'
   */
  readonly shape?: 'soonest' | 'steady' | 'auto' | undefined
  readonly queue?: QueueOptions | undefined
  /** A permit that was not settled counts as its estimate after this time. @default '10m' */
  readonly permitTtl?: Duration | undefined
  /** What each caller may use, in limits of the core. */
  readonly budget?: Budget | undefined
  /**
   * Status that the adapters answer when a call is refused because this provider is full: 429, or 503 where callers cannot help it. A
   * caller that has used up its own budget or share is always answered 429. @default 429
   */
  readonly refusedStatus?: RefusedStatus | undefined
  /** How to read the responses of the provider. @default only `Retry-After` is read */
  readonly dialect?: Dialect | undefined
  /** @default the monotonic clock of the process */
  readonly clock?: Clock | undefined
}

/** Checked options. */
export interface ProviderPlan extends CostMap {
  readonly mirror: Mirror & Partial<Pick<OutageMirror, 'owes' | 'outage' | 'onChange'>>
  /** Whether other processes use the mirror too. */
  readonly isShared: boolean
  /** Whether the mirror counts the slots of all processes. */
  readonly sharesSlots: boolean
  readonly clock: Clock
  readonly concurrency: number
  readonly enforcement: 'window' | 'paced' | 'auto'
  readonly shape: 'soonest' | 'steady' | 'auto'
  readonly transitMs: number
  readonly waitMs: number
  readonly depth: number
  readonly lanes: readonly string[]
  readonly callers: number
  readonly permitTtlMs: number
  readonly budget: Budget | undefined
  readonly dialect: Dialect | undefined
  readonly refusedStatus: RefusedStatus
}

export const providerOptions: readonly string[] = [
  'name',
  'limits',
  'concurrency',
  'store',
  'onOutage',
  'processes',
  'enforcement',
  'transit',
  'shape',
  'queue',
  'permitTtl',
  'budget',
  'dialect',
  'refusedStatus',
  'clock',
]

const usualClocks = new WeakMap<object, Clock>()

/**
 * The clock that providers without one of their own share, and so one timer. Fake time of a test replaces `performance`. A provider that
 * is made afterwards must not read the time that has stopped.
 */
export function usualClock(): Clock {
  const known = usualClocks.get(performance)
  if (known !== undefined) return known
  const made = systemClock()
  usualClocks.set(performance, made)
  return made
}

/** @throws SluiceError for an option that is wrong, by its name */
export function planOf(options: ProviderOptions): ProviderPlan {
  checkOptions(options, 'createProvider', providerOptions)
  const { name, limits, queue = {}, concurrency, clock = usualClock() } = options
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'name', wanted: '1 to 64 letters, digits and ._-', value: name })
  }
  checkOptions(queue, 'createProvider.queue', ['wait', 'depth', 'lanes', 'callers'])
  if (options.dialect !== undefined && typeof (options.dialect as Partial<Dialect> | null)?.quota !== 'function') {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'dialect',
      wanted: 'a dialect such as openaiDialect, or { quota }',
      value: options.dialect,
    })
  }
  const transitMs = parseDuration(options.transit ?? '250ms', 'transit')
  const { lanes, shares } = lanesOf(queue.lanes)
  const { names, usual, dimensions } = limitsOf(limits, transitMs, options.dialect !== undefined)
  const guaranteed = shares.flatMap((share, lane) => (share > 0 ? [lane] : []))
  const all = [...dimensions, ...guaranteed.flatMap((lane) => dimensions.map((each) => kept(each, shares[lane]!)))]
  const permitTtlMs = parseDuration(options.permitTtl ?? '10m', 'permitTtl')
  const most = concurrency === undefined ? undefined : wholeNumber(concurrency, 'concurrency', 1, 1_000_000)
  const sharesSlots = options.store !== undefined && most !== undefined
  const rules: MirrorRules = {
    dimensions: all,
    lanes: lanes.length,
    graceUs: usualGraceUs,
    slots: sharesSlots ? most : 0,
    leaseUs: usualLeaseUs,
    settledUs: permitTtlMs * 1000,
    probe: options.dialect && probeRules(dimensions.map(({ windowUs }) => windowUs)),
  }
  const costs = { provider: name, names, usual, dimensions: all, guaranteed, open: options.budget !== undefined }
  return {
    ...costs,
    usualUnits: usualUnitsOf(lanes.length, costs),
    clock,
    mirror: mirrorOf(options, rules, clock),
    isShared: options.store !== undefined,
    sharesSlots,
    concurrency: most ?? Number.POSITIVE_INFINITY,
    enforcement: oneOf(options.enforcement ?? 'window', 'enforcement', ['window', 'paced', 'auto']),
    shape: oneOf(options.shape ?? 'auto', 'shape', ['soonest', 'steady', 'auto']),
    transitMs,
    waitMs: wholeNumber(parseDuration(queue.wait ?? '5s', 'queue.wait', true), 'queue.wait in milliseconds', 0, 3_600_000),
    depth: wholeNumber(queue.depth ?? 1000, 'queue.depth', 0, 1_000_000),
    lanes,
    callers: wholeNumber(queue.callers ?? 10_000, 'queue.callers', 1, 1_000_000),
    permitTtlMs,
    budget: options.budget,
    dialect: options.dialect,
    refusedStatus: refusedStatusOf(options.refusedStatus),
  }
}

function mirrorOf({ name, store, onOutage, processes }: ProviderOptions, rules: MirrorRules, clock: Clock): ProviderPlan['mirror'] {
  const policy = oneOf(onOutage ?? 'deny', 'onOutage', ['deny', 'local', 'allow'])
  if (policy === 'local' && processes === undefined) {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'processes',
      wanted: "the number of processes, for `onOutage: 'local'`",
      value: processes,
    })
  }
  const count = wholeNumber(processes ?? 1, 'processes', 1, 1_000_000)
  if (store === undefined) return memoryMirror(rules, clock)
  return outageMirror({ mirror: store.open(name, rules), rules, clock, onOutage: policy, processes: count })
}

function refusedStatusOf(status: unknown = 429): RefusedStatus {
  if (status === 429 || status === 503) return status
  throw new SluiceError(SLUICE_CHOICE, { option: 'refusedStatus', value: status, choices: [429, 503] })
}
