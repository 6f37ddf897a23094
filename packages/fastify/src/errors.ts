/** The error codes of this package: what the plugin reports when it meets a route. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, packageErrors } from '@sluice/core/internal'

const fastifyCodes = {
  SLUICE_ROUTE: { message: 'The route {method} {url} cannot be guarded', hint: '{reason}' },
  SLUICE_NESTED: {
    message: '{option} was given to a registration of sluice within another one',
    hint: 'Give it to the outermost registration: one guard, one store and one set of headers serve everything under it.',
  },
} as const

/** A code of `SluiceError` that only this package uses. */
export type FastifyCode = keyof typeof fastifyCodes

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof fastifyCodes> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core, which knows the codes above. */
export const SluiceError: typeof CoreError = packageErrors(
  '@sluice/fastify',
  typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined,
  fastifyCodes,
)
export type SluiceError = CoreError
