/** Writes addresses in their canonical notation: dotted decimal, or RFC 5952. */
import type { Address } from './address.ts'

export function addressText({ family, words }: Address): string {
  return family === 4 ? formatIpv4(words[0]!) : formatIpv6(words)
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

/** Lower case, no leading zeros, `::` for the longest run of at least two zero groups, the first among equals. */
function formatIpv6(words: readonly number[]): string {
  const gap = longestZeroRun(words)
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === gap.start) {
      text += '::'
      i += gap.length - 1
    } else {
      if (i > 0 && i !== gap.start + gap.length) text += ':'
      text += groupAt(words, i).toString(16)
    }
  }
  return text
}

function groupAt(words: readonly number[], i: number): number {
  const word = words[i >> 1]!
  return i % 2 === 0 ? word >>> 16 : word & 0xffff
}

/** `start` is -1 where no run has two groups. */
function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let start = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groupAt(words, end) === 0) end++
    if (end - i > length) {
      start = i
      length = end - i
    }
    i = end
  }
  return { start, length }
}
