/** Checks shared by everything that takes an options object: unknown names and wrong choices fail at start-up. */
import { SLUICE_CHOICE, SLUICE_OPTION_TYPE, SLUICE_OPTION_UNKNOWN } from './errors.ts'
import { SluiceError } from './sluice-error.ts'

/**
 * @param what - the function or object whose options these are, named in the error
 * @throws SluiceError `SLUICE_OPTION_TYPE` if it is no object, `SLUICE_OPTION_UNKNOWN` for a name outside `known`
 */
export function checkOptions(options: unknown, what: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `The options of ${what}`, wanted: 'an object', value: options })
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new SluiceError(SLUICE_OPTION_UNKNOWN, { option: `${what}.${name}`, choices: known })
  }
}

/** The value itself. @throws SluiceError `SLUICE_CHOICE` unless it is one of `choices` */
export function oneOf<T extends string>(value: unknown, option: string, choices: readonly T[]): T {
  for (const choice of choices) if (value === choice) return choice
  throw new SluiceError(SLUICE_CHOICE, { option, value, choices })
}

/** The value itself. @throws SluiceError `SLUICE_OPTION_TYPE` unless it is absent or of the type */
export function optionalOf(value: unknown, option: string, type: 'boolean' | 'function' | 'string'): void {
  if (value !== undefined && typeof value !== type) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: type === 'boolean' ? 'true or false' : `a ${type}`, value })
  }
}
