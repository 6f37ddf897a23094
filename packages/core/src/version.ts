/**
 * The version of this copy of the core. A process can have two copies of it: a test may load the ESM and the CommonJS, and an install may
 * bring two versions. Copies of one version work together, because they mark what they make by symbols of `Symbol.for`. Two versions may
 * differ in what they keep under these marks, so an object of another version is a start-up error.
 */
import { SLUICE_VERSIONS } from './errors.ts'
import { SluiceError } from './sluice-error.ts'

/** The version that the build writes. In the sources there is none, because all packages come from one tree. */
declare const SLUICE_VERSION: string | undefined
const coreVersion = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined

/**
 * The error class, for another package of sluice, whose version must be the core's: they share more than is public.
 * @throws SluiceError `SLUICE_VERSIONS`
 */
export function errorsOf(name: string, version: string | undefined): typeof SluiceError {
  if (version !== coreVersion) throw new SluiceError(SLUICE_VERSIONS, { name, version, core: coreVersion })
  return SluiceError
}

const madeBy: unique symbol = Symbol.for('sluice.version')

/** Marks an object with the version of the core that makes it, before another copy of the core may get it. */
export function markVersion<T extends object>(made: T): T {
  return Object.defineProperty(made, madeBy, { value: coreVersion })
}

/**
 * Checks that an object of the core, which an option holds, is of this version.
 * @throws SluiceError `SLUICE_VERSIONS`
 */
export function checkVersion(made: object, option: string): void {
  const version = (made as { readonly [madeBy]?: string })[madeBy]
  if (version !== coreVersion) throw new SluiceError(SLUICE_VERSIONS, { name: option, version, core: coreVersion })
}
