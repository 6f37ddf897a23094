/** The key that an operator means: a limit by address takes an address in any notation, as requests do. */
import type { ListedKey } from '@sluice/core'
import { keyOfText } from '../address/address-key.ts'
import type { HttpLimit } from '../http-limit.ts'

/**
 * The key of a client for a limit without `by`: `block('ip', request.ip)` blocks that client, whatever the framework calls it. Limits
 * with a `by` take what it returns.
 * @throws SluiceError `SLUICE_ADDRESS_KEY` for what is not the address of one client: no request has such a key
 */
export function operatorKey<R>({ by }: HttpLimit<R>, key: ListedKey, ipv6Prefix: number): ListedKey {
  if (by !== undefined) return key
  // A list of one part is that part.
  return keyOfText(Array.isArray(key) && key.length === 1 ? key[0] : key, ipv6Prefix)
}
