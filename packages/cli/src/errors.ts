/** The error codes of this package: what a command line, a file or a log gets wrong. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_ARGUMENTS: CodeText = {
  code: 'SLUICE_ARGUMENTS',
  message: 'The command line is wrong: {reason}',
  hint: 'Run `sluice {command} --help` to see what it takes.',
}
export const SLUICE_FILE: CodeText = {
  code: 'SLUICE_FILE',
  message: 'The file {path} cannot be used: {reason}',
  hint: 'Check that the path is right and that you may read or write it.',
}

export const SLUICE_TOP: CodeText = {
  code: 'SLUICE_TOP',
  message: 'The figures of the processes cannot be read: {reason}',
  hint: 'Set REDIS_URL to the Redis that the processes share, such as `redis://127.0.0.1:6379`.',
}
export const SLUICE_LOG_SIZE: CodeText = {
  code: 'SLUICE_LOG_SIZE',
  message: 'The packed log holds more than {mostMiB} MiB of text',
  hint: 'If it is meant to be so long, allow more by `--max-unpacked`.',
}
export const SLUICE_LOG_EMPTY: CodeText = {
  code: 'SLUICE_LOG_EMPTY',
  message: 'The log {path} has no line that could be read as a request, of {lines}. {reason}',
  hint: 'Say by `--format` how its lines look, as `log_format` of nginx does. Lines of JSON need a time.',
}

/** A code of `SluiceError` that only this package uses. */
export type CliCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The version of this package. The sources have none, because all packages come from one tree. */
export const version: string = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : 'of the sources'

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/cli', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
