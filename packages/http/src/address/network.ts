/** The first and the last address of a network, in 32-bit words. */

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
