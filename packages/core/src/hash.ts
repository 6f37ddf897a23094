/** The hash of long keys: by the platform, where it answers at once, and else by our own. Both are SHA-256, so that processes agree. */
import { sha256 } from './sha256.ts'

interface Hash {
  update(bytes: Uint8Array): Hash
  digest(encoding: 'hex'): string
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): { createHash?(algorithm: 'sha256'): Hash } | undefined }
}

let hash: ((text: string) => string) | undefined

/**
 * 64 hexadecimal digits of a text's UTF-16 code units. Strangers choose how long a key is, a megabyte where it comes from a body, and
 * everybody waits while it is hashed: the platform is the faster of the two.
 */
export function hashText(text: string): string {
  hash ??= platformHash() ?? sha256
  return hash(text)
}

function platformHash(): typeof hash {
  const createHash = (globalThis as Host).process?.getBuiltinModule?.('node:crypto')?.createHash
  return createHash && ((text) => createHash('sha256').update(bigEndian(text)).digest('hex'))
}

/** Code units, so that lone surrogates stay distinct. */
function bigEndian(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bytes[2 * i] = unit >> 8
    bytes[2 * i + 1] = unit
  }
  return bytes
}
