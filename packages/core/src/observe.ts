/** Publishing events to listeners and to diagnostics channels. Without either, an event is not even made. */
import { type DecisionCounts, decisionCounts } from './decision-counts.ts'
import { SLUICE_OPTION_TYPE } from './errors.ts'
import type { LimiterEvent } from './limiter-event.ts'
import { checkOptions, oneOf, optionalOf } from './options.ts'
import { SluiceError } from './sluice-error.ts'

/**
 * The listeners of one limiter, and the diagnostics channels of the process: `sluice:decision`, `sluice:delay`, `sluice:settled`,
 * `sluice:store`, `sluice:ban`, `sluice:fault` and `sluice:outage`.
 */
export interface Observers {
  readonly observe: Observe
  /** The counts of the decisions; `undefined` until something wants them. */
  counts: DecisionCounts | undefined
  /** Whether anything listens to a decision. It is called for every decision. */
  watched(decision: { readonly allowed: boolean }): boolean
  /** Whether anything listens to events of a type. */
  watches(type: LimiterEvent['type']): boolean
  /** @returns whether a listener or a subscriber of the channel got the event */
  tell(event: LimiterEvent): boolean
}

/** What a listener gets. */
export interface ObserveOptions {
  /** Types of events, such as `['ban', 'outage']`. Where nothing listens to a type, its events are not made. @default all types */
  readonly types?: readonly LimiterEvent['type'][] | undefined
  /** Hears of decisions only those that refuse. Where nothing else listens, no event is made of an admission. @default false */
  readonly refusedOnly?: boolean | undefined
}

/** Listens to events. @returns a function that stops it */
export type Observe = (listener: (event: LimiterEvent) => void, options?: ObserveOptions) => () => void

/** Under this key `observe` has a function that gives the counts of decisions, from its first call on. Exporters of metrics read them. */
const itsCounts: unique symbol = Symbol.for('sluice.counts-of-decisions')

/** The counts of a limiter or of a guard's `admin`, from the first call on; `undefined` for what has none. */
export function countsOfDecisions(source: { readonly observe?: unknown } | null | undefined): DecisionCounts | undefined {
  return (source?.observe as { readonly [itsCounts]?: () => DecisionCounts } | undefined)?.[itsCounts]?.()
}

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): { channel(name: string): Channel } | undefined }
}

let channels: Readonly<Record<LimiterEvent['type'], Channel>> | null | undefined

/**
 * Errors and events that the channels have published already. The guard reports a fault of its limiter again, and each limiter on a store
 * reports the same outage event.
 */
const carried = new WeakSet<object>()

/** No listeners yet. An adapter has its own, for the functions that no limiter asks. */
export function observers(): Observers {
  const listeners = listenersByType()
  const { decision } = listeners
  /** Listeners to decisions that refuse, and to no others. */
  const refusals = new Set<Listener>()
  channels ??= openChannels()
  const observe: Observe = (listener, options) => {
    checkListener(listener)
    const { types, refusedOnly } = optionsOf(options)
    const sets = types.map((type) => (refusedOnly && type === 'decision' ? refusals : listeners[type]))
    // One entry for each call, so that the same function may listen twice and stop twice.
    const own = (event: LimiterEvent): void => listener(event)
    for (const set of sets) set.add(own)
    return () => {
      for (const set of sets) set.delete(own)
    }
  }
  const own: Observers = {
    observe: Object.assign(observe, { [itsCounts]: () => (own.counts ??= decisionCounts()) }),
    // A field, because every decision reads it.
    counts: undefined,
    watched: ({ allowed }) => decision.size > 0 || channels?.decision.hasSubscribers === true || (!allowed && refusals.size > 0),
    watches: (type) => listeners[type].size > 0 || channels?.[type].hasSubscribers === true || (type === 'decision' && refusals.size > 0),
    tell(event) {
      const { type } = event
      for (const listener of listeners[type]) tellSafely(listener, event)
      if (type === 'decision' && !event.decision.allowed) for (const listener of refusals) tellSafely(listener, event)
      const isChannelHeard = channels?.[type].hasSubscribers === true
      if (isNews(event)) channels?.[type].publish(event)
      return listeners[type].size > 0 || isChannelHeard
    },
  }
  return own
}

type Listener = (event: LimiterEvent) => void

function listenersByType(): Readonly<Record<LimiterEvent['type'], Set<Listener>>> {
  const set = (): Set<Listener> => new Set()
  return { decision: set(), delay: set(), settled: set(), store: set(), ban: set(), fault: set(), outage: set() }
}

const eventTypes = Object.keys(listenersByType()) as readonly LimiterEvent['type'][]

/** @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_CHOICE` */
function optionsOf(options: ObserveOptions = {}): { readonly types: readonly LimiterEvent['type'][]; readonly refusedOnly: boolean } {
  checkOptions(options, 'observe', ['types', 'refusedOnly'])
  const { types = eventTypes, refusedOnly = false } = options
  if (!Array.isArray(types))
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'types', wanted: 'a list of types of events', value: types })
  optionalOf(refusedOnly, 'refusedOnly', 'boolean')
  return { types: types.map((type: unknown) => oneOf(type, 'types', eventTypes)), refusedOnly }
}

/** @throws SluiceError `SLUICE_OPTION_TYPE` for a listener that cannot be called */
function checkListener(listener: unknown): void {
  if (typeof listener === 'function') return
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'The listener of observe()', wanted: 'a function', value: listener })
}

function isNews(event: LimiterEvent): boolean {
  if (event.type !== 'fault' && event.type !== 'outage') return true
  const subject = event.type === 'fault' ? event.error : event
  const isNew = !carried.has(subject)
  carried.add(subject)
  return isNew
}

/** A listener that throws must not turn a decision into an error: its own error surfaces as an uncaught one. */
function tellSafely(listener: (event: LimiterEvent) => void, event: LimiterEvent): void {
  try {
    listener(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Where the runtime has `node:diagnostics_channel`; it is asked for by name, because an import would fail where it has not. */
function openChannels(): Readonly<Record<LimiterEvent['type'], Channel>> | null {
  const module = (globalThis as Host).process?.getBuiltinModule?.('node:diagnostics_channel')
  if (module === undefined) return null
  const channel = (type: LimiterEvent['type']): Channel => module.channel(`sluice:${type}`)
  return {
    decision: channel('decision'),
    delay: channel('delay'),
    settled: channel('settled'),
    store: channel('store'),
    ban: channel('ban'),
    fault: channel('fault'),
    outage: channel('outage'),
  }
}

declare function queueMicrotask(run: () => void): void
