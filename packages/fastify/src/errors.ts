/** The error codes of this package: what the plugin reports when it meets a route. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_ROUTE: CodeText = { code: 'SLUICE_ROUTE', message: 'The route {method} {url} cannot be guarded', hint: '{reason}' }
export const SLUICE_NESTED: CodeText = {
  code: 'SLUICE_NESTED',
  message: '{option} was given to a registration of sluice within another one',
  hint: 'Give it to the outermost registration: one guard, one store and one set of headers serve everything under it.',
}

export const SLUICE_PLUGIN: CodeText = {
  code: 'SLUICE_PLUGIN',
  request: true,
  message: 'The plugin was called by the application or used as a hook',
  hint: 'Write app.register(sluice, options): Fastify calls it.',
}
export const SLUICE_UNGUARDED: CodeText = {
  code: 'SLUICE_UNGUARDED',
  request: true,
  message: 'quota() has no limiter, and no plugin of sluice guards its application',
  hint: 'Register the plugin around the route of the quota, or pass `limiter` and `identify`.',
}
export const SLUICE_RATE_LIMIT: CodeText = {
  code: 'SLUICE_RATE_LIMIT',
  message: 'The route {method} {url} has config.rateLimit: {value}, which sluice does not read, and @fastify/rate-limit is not registered',
  hint: 'Write the limits of the route under `config.sluice` and remove `config.rateLimit`. `config: { sluice: false }` exempts the route.',
}

/** A code of `SluiceError` that only this package uses. */
export type FastifyCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/fastify', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
