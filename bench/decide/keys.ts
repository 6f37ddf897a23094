/** Keys and the order in which they are asked for, the same in every run. */

/** How often each key is asked for. */
export type Spread = 'uniform' | 'zipf'

/** So many different keys. */
export function makeKeys(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, at) => makeKey(at, random))
}

/** The key of that number: 16 hexadecimal digits, as an API key may look. */
export function makeKey(at: number, random: () => number): string {
  const digits =
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0') + at.toString(16).padStart(8, '0')
  // Through a buffer, as keys arrive from a socket: a concatenated string would be a tree until it is first hashed.
  return Buffer.from(digits, 'latin1').toString('latin1')
}

/** A list of `count` picks among the keys. */
export function pick(keys: readonly string[], count: number, spread: Spread, random: () => number): string[] {
  const next = spread === 'uniform' ? (): number => Math.floor(random() * keys.length) : zipf(keys.length, 1.1, random)
  return Array.from({ length: count }, () => keys[next()]!)
}

/** Ranks from 0 whose probability falls with the power `exponent` of the rank. */
function zipf(count: number, exponent: number, random: () => number): () => number {
  const upTo = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) upTo[rank] = sum += (rank + 1) ** -exponent
  return () => {
    const at = random() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (upTo[middle]! < at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Numbers from 0 to 1 that look random and are the same every time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
