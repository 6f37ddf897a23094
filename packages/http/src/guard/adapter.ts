/** The contract of an adapter: what a guard must know of a framework. */
import type { Framework } from '../http-facts.ts'
import type { ResponseFacts } from '../http-limit.ts'

/** How a framework is read, and what it can do. */
export interface Adapter<R> extends Framework<R> {
  /** Names of the functions that it takes beside the common options. */
  readonly options: readonly string[]
  /** Whether limits are decided in two steps, by their `hook`; else all of them in one, late. */
  readonly split: boolean
  /** Whether it cannot know the address of a client, since the application has not said how. No limit may then need one. @default false */
  readonly addressless?: boolean
  /**
   * Whether a handler of the application ran for a request. It is called once the response to a CORS preflight has ended. Where no handler
   * ran, the charge of the preflight is cancelled. @default always
   */
  readonly handled?: ((request: R, response: ResponseFacts) => boolean) | undefined
  /**
   * Whether the framework itself was given the guard with this plan, so that it was made for all requests. It is called for guards that were
   * made in this turn of the event loop alone. @default false
   */
  readonly isMounted?: ((request: R, plan: object) => boolean) | undefined
  /** The message of `node:http` behind a request, where there is one: it tells whether the body has arrived. */
  readonly uploadOf?: ((request: R) => Upload | undefined) | undefined
}

/** The part of `IncomingMessage` that is used. */
export interface Upload {
  /** Whether all of the message has arrived, read or not. */
  readonly complete: boolean
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly destroyed: boolean
  /** The connection knows its server: no request waits for longer than a second where that has stopped listening. */
  readonly socket?: unknown
  /** Bytes that have arrived and are not read yet. */
  readonly readableLength: number
  /** Bytes that may be so before the sender has to wait. */
  readonly readableHighWaterMark: number
  /** `null` while the body is not being read. */
  readonly readableFlowing: boolean | null
  /** Under HTTP/2 alone, where `complete` means something else. */
  readonly stream?: unknown
  on(event: 'readable' | 'close', listener: () => void): unknown
  off(event: 'readable' | 'close', listener: () => void): unknown
}
