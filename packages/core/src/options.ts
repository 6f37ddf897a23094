/** Checks shared by everything that takes an options object: unknown names, wrong choices and wrong durations fail at start-up. */
import { SLUICE_CHOICE, SLUICE_DURATION, SLUICE_DURATION_SMALL, SLUICE_OPTION_TYPE, SLUICE_OPTION_UNKNOWN } from './errors.ts'
import { SluiceError } from './sluice-error.ts'
import { warnOnce } from './warn.ts'

/** `'250ms' | '1s' | '1m' | '1h' | '30d'`, or whole milliseconds. From 1 ms to 366 days. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** How long a key is blocked. `0` unblocks it, and `'forever'` blocks it until it is unblocked by `0`. */
export type BlockDuration = Duration | 'forever'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const longestMs = 366 * unitMs.d

/**
 * Milliseconds of a duration.
 * @param option - named in the error, e.g. `per`
 * @throws SluiceError `SLUICE_DURATION` unless it is a whole number of milliseconds from 1 (or 0, where `zero` allows it) to 366 days
 */
export function parseDuration(value: unknown, option: string, zero: boolean = false): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseText(value) : Number.NaN
  if (!Number.isInteger(ms) || ms > longestMs || ms < (zero ? 0 : 1)) throw new SluiceError(SLUICE_DURATION, { option, value })
  if (typeof value === 'number' && value > 0 && value < 1000) warnOnce(SLUICE_DURATION_SMALL, { option, value })
  return ms
}

/** A block without an end, in milliseconds: stores keep it as one of 100 years, so that every time is a number. */
const foreverMs = 100 * longestMs

/**
 * Milliseconds for which a key is blocked. `'forever'` is 3,162,240,000,000, and 0 unblocks the key.
 * @throws SluiceError `SLUICE_DURATION`
 */
export function parseBlockDuration(value: unknown, option: string): number {
  return value === 'forever' ? foreverMs : parseDuration(value, option, true)
}

/** Whether a block that lasts so much longer has no end. Others last 366 days at most, so half of 100 years is far from both. */
export function isForever(blockedForMs: number): boolean {
  return blockedForMs > foreverMs / 2
}

/** The text of whole milliseconds, as people would write them: `1d` for 86,400,000. */
export function durationText(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((longer) => ms % unitMs[longer] === 0) ?? 'ms'
  return `${ms / unitMs[unit]}${unit}`
}

function parseText(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  if (match === null) return Number.NaN
  // A decimal such as 1.1 times 60,000 is a hair off a whole number; anything finer than a thousandth of a millisecond is noise.
  return Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] * 1000) / 1000
}

/**
 * @param what - the function or object whose options these are, named in the error
 * @throws SluiceError `SLUICE_OPTION_TYPE` if it is no object, `SLUICE_OPTION_UNKNOWN` for a name outside `known`
 */
export function checkOptions(options: unknown, what: string, known: readonly string[]): void {
  if (!isRecord(options)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `The options of ${what}`, wanted: 'an object', value: options })
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new SluiceError(SLUICE_OPTION_UNKNOWN, { option: `${what}.${name}`, choices: known, fix: didYouMean(name, known) })
  }
}

/** Whether a value has options as properties. A promise that was not awaited has none, nor has a date or a map, which look like no options. */
function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && /^\[object (?:Object|Module)\]$/.test(Object.prototype.toString.call(value))
}

/** `Did you mean capacity? ` for a misspelt name, and an empty text where no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = known.reduce<readonly [string, number]>(
    (best, one) => {
      const edits = editsBetween(name.toLowerCase(), one.toLowerCase())
      return edits < best[1] ? [one, edits] : best
    },
    ['', Math.min(3, name.length / 2)],
  )
  return nearest[0] === '' ? '' : `Did you mean ${nearest[0]}? `
}

/** How many letters must be added, removed, changed or swapped with the next one. Of texts over 40 letters, the start is compared. */
function editsBetween(from: string, to: string): number {
  const a = from.slice(0, 40)
  const b = to.slice(0, 40)
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1, isSwap ? before[j - 2]! + 1 : Infinity))
    }
    before = row
    row = next
  }
  return row[b.length]!
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
