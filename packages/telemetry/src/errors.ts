/** The errors of this package. It has no codes of its own. */
import type { SluiceError as CoreError } from '@sluice/core'
import { errorsOf } from '@sluice/core/internal'

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/telemetry', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
