/**
 * Reads bare IP literals: our own parser, because `node:net` does not exist on Workers and a key must be judged alike everywhere. It
 * accepts what `net.isIP` accepts, zones apart; a test holds the two together.
 */

/** The value of a dotted quad as an unsigned 32-bit word. Leading zeros are refused: some read `010` as octal, and it would be 8. */
export function parseIpv4(text: string): number | null {
  if (text.length > '255.255.255.255'.length) return null
  let word = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? dot : text.charCodeAt(i)
    if (code === dot) {
      if (octet === -1) return null
      word = word * 256 + octet
      octet = -1
      dots++
    } else {
      if (code < zero || code > nine || octet === 0) return null
      octet = (octet === -1 ? 0 : octet * 10) + code - zero
      if (octet > 255) return null
    }
  }
  return dots === 4 ? word : null
}

const dot = 46
const zero = 48
const nine = 57
const colon = 58

/**
 * An IPv6 address (RFC 4291 2.2, a dotted tail included) as four unsigned 32-bit words.
 *
 * One pass over the characters: with `split` and regular expressions it took six times as long, on every request from an
 * IPv6 client (`bench/request-path.ts`).
 */
export function parseIpv6(text: string): readonly number[] | null {
  if (text.length > 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255'.length) return null
  const groups: number[] = []
  let gap = -1
  let i = 0
  if (text.startsWith('::')) {
    gap = 0
    i = 2
  }
  while (i < text.length) {
    const start = i
    let group = 0
    for (let digit = hexDigit(text.charCodeAt(i)); digit !== -1; digit = hexDigit(text.charCodeAt(++i))) group = group * 16 + digit
    if (text.charCodeAt(i) === dot) {
      const quad = parseIpv4(text.slice(start))
      if (quad === null) return null
      groups.push(quad >>> 16, quad & 0xffff)
      break
    }
    if (i === start || i - start > 4) return null
    groups.push(group)
    if (i === text.length) break
    if (text.charCodeAt(i++) !== colon || i === text.length) return null
    if (text.charCodeAt(i) === colon) {
      if (gap !== -1) return null
      gap = groups.length
      i++
    }
  }
  return wordsOf(groups, gap)
}

/** The groups as words, with zeros where the gap is; a gap stands for at least one group. */
function wordsOf(groups: number[], gap: number): readonly number[] | null {
  if (gap === -1 ? groups.length !== 8 : groups.length > 7) return null
  const words = [0, 0, 0, 0]
  const missing = 8 - groups.length
  for (let i = 0; i < groups.length; i++) {
    const place = gap !== -1 && i >= gap ? i + missing : i
    words[place >> 1]! += place % 2 === 0 ? groups[i]! * 65536 : groups[i]!
  }
  return words
}

function hexDigit(code: number): number {
  if (code >= zero && code <= nine) return code - zero
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
