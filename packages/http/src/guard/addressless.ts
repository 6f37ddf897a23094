/** Holds a guard that cannot know the address of its clients to what needs none. */
import { SluiceError } from '@sluice/core'
import type { HttpLimit, HttpOptions } from '../http-limit.ts'

/** @throws SluiceError `SLUICE_CONN_INFO` for a limit that counts by the address, and for a list of addresses */
export function checkAddressless<R>(options: HttpOptions<R>, limits: readonly HttpLimit<R>[]): void {
  const byAddress = limits.find((limit) => limit.by === undefined)
  if (byAddress !== undefined) throw new SluiceError('SLUICE_CONN_INFO', { what: `The limit ${byAddress.name}` })
  for (const option of ['allowList', 'denyList', 'trust'] as const)
    if (options[option] !== undefined) throw new SluiceError('SLUICE_CONN_INFO', { what: `The option ${option}` })
}
