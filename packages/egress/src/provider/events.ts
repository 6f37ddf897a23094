/** Publishing the events of a provider. Without a listener and a subscriber of the channel, an event is not even made. */
import { channel } from 'node:diagnostics_channel'
import { type CodeText, reasonOf, warnOnce } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { EgressEvent } from './egress-event.ts'

/** An event as it is published: the name of the provider is added to it. */
type Unnamed<E extends EgressEvent> = E extends EgressEvent ? Omit<E, 'provider'> : never

export interface EgressEvents {
  observe(listener: (event: EgressEvent) => void): () => void
  readonly watched: boolean
  tell(event: Unnamed<EgressEvent>): void
}

const published = channel('sluice:egress')

/** @param provider - the name that every event has */
export function createEvents(provider: string): EgressEvents {
  const listeners = new Set<(event: EgressEvent) => void>()
  return {
    observe(listener) {
      const own = (event: EgressEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    get watched() {
      return listeners.size > 0 || published.hasSubscribers
    },
    tell(unnamed) {
      const event = { ...unnamed, provider } as EgressEvent
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          // What a listener throws is its own error, not one of the call.
          queueMicrotask(() => {
            throw error
          })
        }
      }
      published.publish(event)
    },
  }
}

const byProvider = new WeakMap<object, EgressEvents>()

/** Remembers the events of a provider; returns the provider. */
export function withEvents<P extends object>(provider: P, events: EgressEvents): P {
  byProvider.set(provider, events)
  return provider
}

/** The events of a provider of ours, for what happens to its calls beside the queue. */
export function eventsOf(provider: object): EgressEvents | undefined {
  return byProvider.get(provider)
}

/** A fault of a function of the application, which no caller sees. */
export function tellFault(events: EgressEvents, provider: string, text: CodeText, cause: unknown): void {
  const facts = { provider, cause: reasonOf(cause) }
  if (events.watched) events.tell({ type: 'fault', error: new SluiceError(text, facts, { cause }) })
  else warnOnce(text, facts)
}
