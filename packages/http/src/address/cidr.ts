/** Lists of address ranges: parsed and sorted once at start-up, searched by halves on every request. */
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SLUICE_CIDR, SluiceError } from '../errors.ts'
import { type Address, parseBareAddress } from './address.ts'

/** All addresses from `first` to `last`, inclusive, in the words of {@link Address}. */
export interface AddressRange {
  readonly family: 4 | 6
  readonly first: readonly number[]
  readonly last: readonly number[]
}

/** Disjoint ranges in ascending order, by family. */
export interface CidrList {
  readonly 4: readonly AddressRange[]
  readonly 6: readonly AddressRange[]
}

/**
 * Compiles an option such as `denyList`.
 *
 * @param option - Its name, for the error.
 * @param values - Addresses and CIDR ranges in any notation. `undefined` is the empty list.
 */
export function parseCidrs(option: string, values: unknown): CidrList {
  if (values === undefined) return { 4: [], 6: [] }
  if (!Array.isArray(values)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: "a list of address ranges such as ['10.0.0.0/8']", value: values })
  }
  // A copy has `undefined` where a list has holes, and each is looked at.
  return cidrList([...(values as readonly unknown[])].map((value, i) => parseCidr(`${option}[${i}]`, value)))
}

/** A list of these ranges, which may overlap. */
export function cidrList(ranges: readonly AddressRange[]): CidrList {
  return { 4: disjoint(ranges, 4), 6: disjoint(ranges, 6) }
}

/** One address or range. `::ffff:10.0.0.0/104` and `64:ff9b::10.0.0.0/104` are `10.0.0.0/8`: such addresses are IPv4 everywhere. */
export function parseCidr(option: string, value: unknown): AddressRange {
  const fail = (why: string): SluiceError => new SluiceError(SLUICE_CIDR, { option, value, why })
  if (typeof value !== 'string') throw fail('it is not a string')
  const slash = value.indexOf('/')
  const literal = slash === -1 ? value : value.slice(0, slash)
  const address = parseBareAddress(literal)
  if (address === null) throw fail('it does not begin with an IP address')
  const width = address.words.length * 32
  if (slash === -1) return rangeOf(address, width)
  const digits = value.slice(slash + 1)
  const written = /^(?:0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN
  // An IPv6 address that carries an IPv4 address is written with 96 bits more.
  const before = literal.includes(':') && address.family === 4 ? 96 : 0
  const prefix = written - before
  if (!(prefix >= 0 && prefix <= width)) {
    const carries = before === 0 ? '' : 'it carries an IPv4 address: '
    throw fail(`${carries}the prefix must be a whole number from ${before} to ${before + width}`)
  }
  const range = rangeOf(address, prefix)
  if (compare(range.first, address.words) !== 0) throw fail(`it has bits set behind the first ${written}`)
  return range
}

/** Whether an address lies in any range of the list. */
export function matchesAny(list: CidrList, address: Address): boolean {
  const ranges = list[address.family]
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(ranges[middle]!.first, address.words) > 0) high = middle
    else low = middle + 1
  }
  const candidate = ranges[low - 1]
  return candidate !== undefined && compare(address.words, candidate.last) <= 0
}

/** Whether the list has nothing in it. */
export function isEmpty(list: CidrList): boolean {
  return list[4].length === 0 && list[6].length === 0
}

/** Whether the list covers a whole family: trusted so, anybody can pass for anybody. */
export function coversEveryone(list: CidrList): boolean {
  return [...list[4], ...list[6]].some(({ first, last }) => first.every((word) => word === 0) && last.every((word) => word === 0xffffffff))
}

function rangeOf({ family, words }: Address, prefix: number): AddressRange {
  return { family, first: firstOf(words, prefix), last: lastOf(words, prefix) }
}

/** CIDR ranges are apart or one inside the other, so dropping the inner ones leaves disjoint ranges. */
function disjoint(ranges: readonly AddressRange[], family: 4 | 6): readonly AddressRange[] {
  const sorted = ranges.filter((range) => range.family === family).sort((a, b) => compare(a.first, b.first) || compare(b.last, a.last))
  const kept: AddressRange[] = []
  for (const range of sorted) {
    const outer = kept.at(-1)
    if (outer === undefined || compare(range.first, outer.last) > 0) kept.push(range)
  }
  return kept
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/** The address with every bit behind the prefix cleared. */
export function firstOf(words: readonly number[], prefix: number): readonly number[] {
  return words.map((word, i) => (word & maskOf(prefix - 32 * i)) >>> 0)
}

/** The address with every bit behind the prefix set. */
export function lastOf(words: readonly number[], prefix: number): readonly number[] {
  return words.map((word, i) => (word | ~maskOf(prefix - 32 * i)) >>> 0)
}

/** A word whose first `bits` are set; all of them from 32 on, none below 1. A shift by 32 would be one by 0. */
function maskOf(bits: number): number {
  if (bits >= 32) return -1
  return bits <= 0 ? 0 : -1 << (32 - bits)
}
