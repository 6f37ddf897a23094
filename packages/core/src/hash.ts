/** The hash of long keys: by the platform, where it answers at once, and else by our own. Both are SHA-256, so that processes agree. */

interface Hash {
  update(bytes: Uint8Array): Hash
  digest(encoding: 'hex'): string
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): { createHash?(algorithm: 'sha256'): Hash } | undefined }
}

let hash: ((text: string) => string) | undefined

/**
 * 64 hexadecimal digits of a text's UTF-16 code units. Strangers choose how long a key is: a megabyte where it comes from a body. Every
 * other request waits while it is hashed, and the platform is the faster of the two.
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

const roundConstants = fractionalBits(cubeRoot, 64)
const initialHash = fractionalBits(Math.sqrt, 8)

/** SHA-256 (FIPS 180-4), synchronous on every runtime: WebCrypto only answers with a promise. Code units are hashed big-endian, so that lone surrogates stay distinct. */
export function sha256(text: string): string {
  const hash = Int32Array.from(initialHash)
  const words = new Int32Array(64)
  // 32 code units make a block; then come the bit 1, zeros, and the length in bits as 64-bit number.
  const bits = text.length * 16
  const blocks = Math.floor((bits + 65 + 511) / 512)
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) {
      const at = block * 32 + i * 2
      words[i] = (codeUnit(text, at) << 16) | codeUnit(text, at + 1)
    }
    if (block === blocks - 1) {
      words[14] = Math.floor(bits / 2 ** 32)
      words[15] = bits | 0
    }
    compress(hash, words)
  }
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function codeUnit(text: string, at: number): number {
  if (at < text.length) return text.charCodeAt(at)
  return at === text.length ? 0x8000 : 0
}

function compress(hash: Int32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const s0 = rotate(w[i - 15]!, 7) ^ rotate(w[i - 15]!, 18) ^ (w[i - 15]! >>> 3)
    const s1 = rotate(w[i - 2]!, 17) ^ rotate(w[i - 2]!, 19) ^ (w[i - 2]! >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = hash[0]!
  let b = hash[1]!
  let c = hash[2]!
  let d = hash[3]!
  let e = hash[4]!
  let f = hash[5]!
  let g = hash[6]!
  let h = hash[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i]! + w[i]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  hash[0]! += a
  hash[1]! += b
  hash[2]! += c
  hash[3]! += d
  hash[4]! += e
  hash[5]! += f
  hash[6]! += g
  hash[7]! += h
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

/** The first 32 bits of the fractional parts of the roots of the first primes, which is how the standard defines its constants. */
function fractionalBits(root: (n: number) => number, count: number): Int32Array {
  const bits = new Int32Array(count)
  let found = 0
  for (let n = 2; found < count; n++) {
    if (isPrime(n)) bits[found++] = Math.floor((root(n) % 1) * 2 ** 32) | 0
  }
  return bits
}

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false
  return true
}

function cubeRoot(n: number): number {
  return Math.cbrt(n)
}
