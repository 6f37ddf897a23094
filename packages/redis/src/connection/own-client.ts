/**
 * The client that the store works on, whatever library makes its connections: what dialling, readiness, scripts and the check of the server
 * need of it. It sends a command at most once and keeps none waiting. Its sockets and timers never keep the process alive.
 */
import type { CredentialsHook } from './credentials.ts'

/** A client of the store's own, made like the caller's. */
export interface OwnClient {
  /** Makes an attempt to connect, unless one is being made, has led to a connection, or has its turn later. */
  dial(): void
  /** Whether the first attempt has neither succeeded nor failed yet. */
  isFirstAttempt(): boolean
  /** Ends the connection until it is dialled again. */
  rest(): void
  /** Ends the connection for good. */
  end(): void
  /** Takes leave of the server, if there is a connection. */
  quit(): Promise<unknown>
  /** Why the store is not connected, as far as it is known. */
  failure(): unknown
  /** How far a connection has come that has not failed yet, as a sentence. */
  progress(): string
  /** Where credentials come from, instead of the caller's client. */
  useCredentials(hook: CredentialsHook): void
  /** Whether there is a connection to one server, on which it need not have answered yet. */
  isConnected(): boolean
  /** Whether the server has answered on its connection; in a Cluster, whether its masters were dialled. */
  isReady(): boolean
  /** Calls back each time that a connection is there, before the server has answered on it. */
  onConnected(listener: () => void): void
  /** Calls back each time that it becomes ready. */
  onReady(listener: () => void): void
  /** Calls back each time that the connection is lost. */
  onLost(listener: () => void): void
  /** Sends one command once. @param args - in a Cluster the first one is the key that decides the node */
  send(name: string, args: readonly string[]): Promise<unknown>
  /** Sends a script once, by its hash or in full. */
  evaluate(name: 'eval' | 'evalsha', script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** What an error that is no reply says of its command: it was never sent, or sent and its reply was lost. */
  fateOf(error: Error): 'not sent' | 'lost' | undefined
}

/** A client of the caller: what the store reads of it, and a client of the store's own like it. */
export interface CallersClient {
  /** All stores and policy sources of one identity share one connection. */
  readonly identity: object
  readonly isCluster: boolean
  /** What the client puts before every key; empty if nothing. The store's own connection does not, so that scripts get keys as they are. */
  readonly keyPrefix: string
  /** Whether it has not been made to connect yet. The store then waits for its first call as well. */
  isIdle(): boolean
  makeOwn(): OwnClient
}
