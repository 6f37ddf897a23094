/** The error codes of this package: what a document gets wrong. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_POLICY: CodeText = {
  code: 'SLUICE_POLICY',
  message: 'The policy is refused at line {line}, column {column}: {reason}',
  hint: 'Correct it and save it again; what was in force before stays in force.',
}

/** A code of `SluiceError` that only this package uses. */
export type PolicyCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/policy', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
