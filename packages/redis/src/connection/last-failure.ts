/** Why a client is not connected, as far as it is known. */

export interface LastFailure {
  cause(): unknown
  set(error: unknown): void
  /** Sets it unless the attempt at hand has failed already, for a better reason. */
  setIfNone(error: unknown): void
  /** Whether the attempt at hand has failed. */
  isSet(): boolean
  /** A new attempt begins. Until it succeeds or fails, the cause is that of the one before. */
  begin(): void
  clear(): void
}

/** @param explained - an error that says more than the one that it is given, or that one */
export function lastFailure(explained: (error: unknown) => unknown): LastFailure {
  let failure: unknown
  let isSet = false

  function set(error: unknown): void {
    failure = explained(error)
    isSet = true
  }

  return {
    cause: () => failure,
    set,
    setIfNone: (error) => void (isSet || set(error)),
    isSet: () => isSet,
    begin() {
      isSet = false
    },
    clear() {
      failure = undefined
    },
  }
}

/** What a server without TLS does to an attempt with TLS: it accepts the connection and waits for more. */
export function tlsTimeout(cause: unknown): Error {
  return new Error('Redis has not answered the TLS handshake in time', { cause })
}
