/** How the page calls keys: by a hash that no reader can turn back, or in plain text. */
import type { ListedKey } from '@sluice/core'
import { encodeListedKey, hashText, parseKey } from '@sluice/core/internal'

/** A key of a limit. */
export interface NamedKey {
  /** Stands for the key in what the page sends back. */
  readonly token: string
  readonly limit: string
  /** What a reader sees. */
  readonly label: string
}

/** Names keys, and finds them by what they were called. */
export interface KeyNames {
  /** @param id - the limit, a line break, and the text of the key */
  nameOf(id: string): NamedKey
  /** The key of a token that was given out; `undefined` for any other text. */
  keyOf(token: string): { readonly limit: string; readonly key: ListedKey } | undefined
  /** How a key is shown. */
  label(limit: string, key: ListedKey): string
}

/** Tokens that are known at once. A page shows a hundred. */
const mostKnown = 5000
const hashDigits = 10
const longestLabel = 80

export function keyNames(keys: 'hashed' | 'plain'): KeyNames {
  // Without it anyone could find an address by trying all of them.
  const salt = crypto.randomUUID()
  const known = new Map<string, string>()

  function nameOf(id: string): NamedKey {
    const token = hashText(`${salt}${id}`).slice(0, 32)
    known.delete(token)
    known.set(token, id)
    if (known.size > mostKnown) known.delete(known.keys().next().value!)
    const { limit, key } = splitId(id)
    return { token, limit, label: keys === 'hashed' ? `#${token.slice(0, hashDigits)}` : plainText(key) }
  }

  return {
    nameOf,
    keyOf(token) {
      const id = known.get(token)
      return id === undefined ? undefined : splitId(id)
    },
    label: (limit, key) => nameOf(idOfKey(limit, key)).label,
  }
}

/** Names a key within this process. @throws SluiceError `SLUICE_KEY` */
export function idOfKey(limit: string, key: ListedKey): string {
  return `${limit}\n${encodeListedKey(key, limit)}`
}

function splitId(id: string): { readonly limit: string; readonly key: ListedKey } {
  const end = id.indexOf('\n')
  return { limit: id.slice(0, end), key: parseKey(id.slice(end + 1)) }
}

function plainText(key: ListedKey): string {
  const parts = Array.isArray(key) ? (key as readonly unknown[]) : [key]
  const text = parts
    .map((part) =>
      typeof part === 'object' ? `#${(part as { readonly hashed: string }).hashed.slice(0, hashDigits)}` : String(part as string | number),
    )
    .join(' · ')
  if (parts.length === 0) return 'everyone'
  return text.length > longestLabel ? `${text.slice(0, longestLabel)}…` : text
}
