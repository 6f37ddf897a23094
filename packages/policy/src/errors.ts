/** The error codes of this package: what a document gets wrong. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, packageErrors } from '@sluice/core/internal'

const policyCodes = {
  SLUICE_POLICY: {
    message: 'The policy is refused at line {line}, column {column}: {reason}',
    hint: 'Correct it and save it again; what was in force before stays in force.',
  },
} as const

/** A code of `SluiceError` that only this package uses. */
export type PolicyCode = keyof typeof policyCodes

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof policyCodes> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core, which knows the codes above. */
export const SluiceError: typeof CoreError = packageErrors(
  '@sluice/policy',
  typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined,
  policyCodes,
)
export type SluiceError = CoreError
