/** The keys of rows: printable ASCII of at most 255 characters without spaces, which any column for text holds. */
import { hashText } from '../hash.ts'

/** What a row holds. */
export type RowKind = 'blocked' | 'bucket' | 'generation' | 'hold'

const longest = 255

/** The key of a row: `bucket/ip/192.0.2.1`. Different parts never have the same key. A longer one is hashed. */
export function rowKey(kind: RowKind, ...parts: readonly string[]): string {
  const text = [kind, ...parts.map(escaped)].join('/')
  return text.length <= longest ? text : `${kind}/#${hashText(text)}`
}

/** A part without slashes, spaces, quotes and what is not ASCII. Code units are escaped one by one, lone surrogates included. */
function escaped(part: string): string {
  return part.replace(/[^!$&-.0-~]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
