/** The addresses that the setting `trust proxy` of Express vouches for. */
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_TRUST_HOPS, SLUICE_TRUST_PROXY } from '../errors.ts'

/** The part of a request of Express that is used. */
export interface ExpressRequest {
  readonly app?: { get(setting: string): unknown } | undefined
  readonly ips: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/**
 * Reads requests of one guard, whose application is not known before. It warns once of a `trust proxy` that lets clients choose their
 * address. Express lists addresses furthest first, and leaves the socket out.
 * @returns nearest first, ending with the client's; empty where Express trusts no proxy
 * @example
 * ```ts
 * const vouchedFor = trustedByExpress()
 * vouchedFor(request) // ['10.0.0.1', '203.0.113.9']
 * ```
 */
export function trustedByExpress(): (request: ExpressRequest) => readonly string[] {
  let warned = false
  return (request) => {
    const trust = request.app?.get('trust proxy')
    if (trust === undefined || trust === false || trust === 0) return none
    if (!warned) {
      warned = true
      if (trust === true) warnOnce(SLUICE_TRUST_PROXY, { value: 'trust proxy: true' })
      if (typeof trust === 'number') warnOnce(SLUICE_TRUST_HOPS, { value: `trust proxy: ${trust}`, hops: trust })
    }
    return [request.socket.remoteAddress ?? '', ...request.ips.toReversed()]
  }
}

const none: readonly string[] = []
