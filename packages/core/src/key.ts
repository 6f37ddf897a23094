/** Keys: what shares a bucket, written so that no two different keys ever meet, and read back as far as their parts are kept. */
import { SLUICE_KEY } from './errors.ts'
import { hashText } from './hash.ts'
import { SluiceError } from './sluice-error.ts'

/** One part of a key. Parts are typed: `1` and `'1'` are two keys. */
export type KeyPart = string | number | bigint | boolean
/** What shares a bucket: one part, or a list of parts. A list of one part is that part. */
export type Key = KeyPart | readonly KeyPart[]

/**
 * The `by` of a limit that counts all subjects in one bucket.
 * @example
 * const limiter = createLimiter({ limits: [{ name: 'total', by: everyone, rule: tokenBucket({ capacity: 100, per: '1s' }) }] })
 */
export const everyone: () => readonly [] = () => noParts
const noParts: readonly [] = Object.freeze([])

/**
 * What `by` or `rule` returns where a limit does not apply to a call. It is a symbol, so that no client can send it: `null` and `undefined`
 * come out of request bodies, and are faults.
 * @example
 * const perUser = { name: 'user', by: (request) => request.user?.id ?? skip, rule: tokenBucket({ capacity: 100, per: '1m' }) }
 */
export const skip: unique symbol = Symbol.for('sluice.skip') as never

/**
 * The rule of a limit that admits everything: `rule: unlimited`, or what a rule function returns for a plan without an end. No bucket is
 * made, headers leave the limit out, and shares of it are unlimited, too. A quota page says "unlimited", where `skip` leaves the limit out.
 * @example
 * const perPlan = { name: 'plan', by: (user) => user.id, rule: (user) => (user.plan === 'enterprise' ? unlimited : tokenBucket({ capacity: 100, per: '1m' })) }
 */
export const unlimited: unique symbol = Symbol.for('sluice.unlimited') as never

/** Longer strings are stored as their SHA-256. */
const longestPart = 256
/** More parts are a mistake, not a key. */
const mostParts = 16
/** Starts every key that is not simply its one string; a string that starts so is written in the long form. */
const mark = '\u0000'

/**
 * The text of a key, injective over all keys: a short string is its own text, everything else is marked and typed, with its length
 * before it.
 * @param limit - named in the error
 * @throws SluiceError `SLUICE_KEY` for `undefined`, `null`, objects, `NaN` and infinities, and more than 16 parts
 */
export function encodeKey(key: unknown, limit: string): string {
  if (typeof key === 'string') return isOwnText(key) ? key : mark + encodePart(key, limit)
  if (!Array.isArray(key)) return mark + encodePart(key, limit)
  if (key.length === 1) return encodeKey(Array.isArray(key[0]) ? undefined : key[0], limit)
  if (key.length > mostParts)
    throw new SluiceError(SLUICE_KEY, { name: limit, value: `a list of ${key.length} parts, more than ${mostParts}` })
  let text = mark
  // By index: a hole in the list must be seen as the undefined that it is.
  for (let i = 0; i < key.length; i++) text += encodePart(key[i], limit)
  return text
}

/** Whether a string is its own text as a key: short, and not to be taken for the long form. */
export function isOwnText(key: string): boolean {
  return key.length <= longestPart && key.charCodeAt(0) !== 0
}

/** The text of one part. @throws SluiceError `SLUICE_KEY` */
function encodePart(part: unknown, limit: string): string {
  if (typeof part === 'string') return part.length <= longestPart ? `s${part.length}:${part}` : `h${hashText(part)}`
  if (typeof part === 'number' && Number.isFinite(part)) return `n${part === 0 ? 0 : part};`
  if (typeof part === 'bigint') return encodeBigInt(part)
  if (typeof part === 'boolean') return part ? 'T' : 'F'
  throw new SluiceError(SLUICE_KEY, { name: limit, value: part })
}

function encodeBigInt(part: bigint): string {
  const digits = part.toString(36)
  return digits.length <= longestPart ? `i${digits};` : `j${hashText(digits)}`
}

/**
 * What is kept of a part of more than 256 characters, and of every part where a limit has `hashKey`: a letter and the SHA-256 in hex. The
 * letter is the type: `h` of a string, `j` of a bigint and `k` of a number.
 */
export interface HashedPart {
  readonly hashed: string
}

/** One part of a key, as it can be listed. */
export type ListedPart = KeyPart | HashedPart
/** A key as it can be listed. Operators' verbs take it in this form too. */
export type ListedKey = ListedPart | readonly ListedPart[]

/** The key of a text that `encodeKey` has made. */
export function parseKey(text: string): ListedKey {
  if (!text.startsWith(mark)) return text
  const parts: ListedPart[] = []
  for (let at = mark.length; at < text.length; ) {
    const [part, end] = partAt(text, at)
    parts.push(part)
    at = end
  }
  return parts.length === 1 ? parts[0]! : parts
}

/** The text of a key that may have been listed. @throws SluiceError `SLUICE_KEY` */
export function encodeListedKey(key: ListedKey, limit: string): string {
  const parts: readonly unknown[] = Array.isArray(key) ? key : [key]
  if (!parts.some(isHashed)) return encodeKey(key, limit)
  return mark + parts.map((part) => (isHashed(part) ? part.hashed : encodePart(part, limit))).join('')
}

/** The text of a key of which only hashes are kept, from its text. Parts that are hashed already stay as they are. */
export function hashKeyText(text: string): string {
  const key = parseKey(text)
  const parts = Array.isArray(key) ? (key as readonly ListedPart[]) : [key as ListedPart]
  return mark + parts.map((part) => hashPart(part)).join('')
}

function hashPart(part: ListedPart): string {
  if (typeof part === 'object') return part.hashed
  if (typeof part === 'boolean') return part ? 'T' : 'F'
  if (typeof part === 'bigint') return `j${hashText(part.toString(36))}`
  return typeof part === 'number' ? `k${hashText(String(part))}` : `h${hashText(part)}`
}

function isHashed(part: unknown): part is HashedPart {
  return typeof part === 'object' && part !== null && /^[hjk][0-9a-f]{64}$/.test(String((part as HashedPart).hashed))
}

const hashLength = 65

/** The part that begins there, and where the next one does. */
function partAt(text: string, at: number): readonly [ListedPart, number] {
  const kind = text[at]
  if (kind === 'T' || kind === 'F') return [kind === 'T', at + 1]
  if (kind === 'h' || kind === 'j' || kind === 'k') return [{ hashed: text.slice(at, at + hashLength) }, at + hashLength]
  if (kind === 's') {
    const start = text.indexOf(':', at) + 1
    const end = start + Number(text.slice(at + 1, start - 1))
    return [text.slice(start, end), end]
  }
  const end = text.indexOf(';', at)
  const digits = text.slice(at + 1, end)
  return [kind === 'i' ? parseBigInt(digits) : Number(digits), end + 1]
}

/** A bigint of its digits to the base of 36. */
function parseBigInt(digits: string): bigint {
  if (digits.startsWith('-')) return -parseBigInt(digits.slice(1))
  let value = 0n
  for (const digit of digits) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  return value
}
