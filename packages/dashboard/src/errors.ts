/** The error codes of this package: what a page could not show. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_QUOTA_PAGE: CodeText = {
  code: 'SLUICE_QUOTA_PAGE',
  message: 'The quota page could not show {what}: {reason}',
  hint: 'See that `describe` returns { account, plan }, both of them text, for each subject of `identify`, and that the functions of `labels` return text.',
}

export const SLUICE_OPERATORS: CodeText = {
  code: 'SLUICE_OPERATORS',
  message: 'The page of operators could not be shown: {reason}',
  hint: 'See that `authorize` answers the name of an operator or null, in time, and without an error.',
}

/** A code of `SluiceError` that only this package uses. */
export type DashboardCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/dashboard', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
