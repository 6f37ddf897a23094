/** Keys read back from their text: the parts that they were made of, as far as these are kept. */
import { encodeKey, encodePart, type KeyPart, mark } from './key.ts'

/** What is kept of a part of more than 256 characters: its type, `h` of a string and `j` of a bigint, and its SHA-256 in hex. */
export interface HashedPart {
  readonly hashed: string
}

/** One part of a key, as it can be listed. */
export type ListedPart = KeyPart | HashedPart
/** A key as it can be listed. Whoever takes a key from an operator takes it in this form too. */
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

function isHashed(part: unknown): part is HashedPart {
  return typeof part === 'object' && part !== null && /^[hj][0-9a-f]{64}$/.test(String((part as HashedPart).hashed))
}

const hashLength = 65

/** The part that begins there, and where the next one does. */
function partAt(text: string, at: number): readonly [ListedPart, number] {
  const kind = text[at]
  if (kind === 'T' || kind === 'F') return [kind === 'T', at + 1]
  if (kind === 'h' || kind === 'j') return [{ hashed: text.slice(at, at + hashLength) }, at + hashLength]
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
