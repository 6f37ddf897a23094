/** Publishing events to listeners and to diagnostics channels. Without either, an event is not even made. */
import { SLUICE_OPTION_TYPE } from './errors.ts'
import type { LimiterEvent } from './limiter-event.ts'
import { SluiceError } from './sluice-error.ts'

/**
 * The listeners of one limiter, and the diagnostics channels of the process: `sluice:decision`, `sluice:delay`, `sluice:settled`,
 * `sluice:store`, `sluice:ban`, `sluice:fault` and `sluice:outage`.
 */
export interface Observers {
  /** @returns a function that stops the listening */
  observe(listener: (event: LimiterEvent) => void): () => void
  /** Whether anything listens to decisions. It is called for every decision. */
  watched(): boolean
  /** Whether anything listens to events of a type. */
  watches(type: LimiterEvent['type']): boolean
  /** @returns whether a listener or a subscriber of the channel got the event */
  tell(event: LimiterEvent): boolean
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
  const listeners = new Set<(event: LimiterEvent) => void>()
  channels ??= openChannels()
  return {
    observe(listener) {
      checkListener(listener)
      // One entry for each call, so that the same function may listen twice and stop twice.
      const own = (event: LimiterEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    watched: () => listeners.size > 0 || channels?.decision.hasSubscribers === true,
    watches: (type) => listeners.size > 0 || channels?.[type].hasSubscribers === true,
    tell(event) {
      for (const listener of listeners) tellSafely(listener, event)
      const isChannelHeard = channels?.[event.type].hasSubscribers === true
      if (isNews(event)) channels?.[event.type].publish(event)
      return listeners.size > 0 || isChannelHeard
    },
  }
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
