/** One normal form of an address, read from any notation and written in one: for keys, lists, operators' verbs and `trust` alike. */
import { parseIpv4, parseIpv6 } from './ip-literal.ts'

/** A validated address. All notations of one address give equal records. */
export interface Address {
  readonly family: 4 | 6
  /** As unsigned 32-bit words, the most significant first: one for IPv4, four for IPv6. */
  readonly words: readonly number[]
}

/** The longest notation, a bracketed IPv6 address with a zone and a port, is shorter. */
const longest = 128

/**
 * Reads an address with or without port (`192.0.2.7:443`), brackets and zone (`[fe80::1%eth0]:443`). `null` for everything else, such
 * as a name, `unknown` or `01.2.3.4`: what cannot be read must never become a key.
 *
 * An IPv6 address that carries an IPv4 address is IPv4, judged by its bits: `::ffff:1.2.3.4`, `::ffff:102:304` and
 * `64:ff9b::102:304` are `1.2.3.4`. A dotted tail alone says nothing: `2001:db8::1.2.3.4` is an IPv6 address.
 */
export function parseAddress(text: string): Address | null {
  if (text.length > longest) return null
  // What sockets say of IPv4 clients, plain or on a dual-stack listener, is most of the traffic.
  const plain = ipv4(text.startsWith('::ffff:') ? text.slice('::ffff:'.length) : text)
  if (plain !== null) return plain
  const bare = withoutPort(text.trim())
  return bare === null ? null : (ipv4(bare) ?? ipv6(withoutZone(bare)))
}

/** As {@link parseAddress}, without spaces, brackets and ports: for configuration. A zone is read and dropped. */
export function parseBareAddress(text: string): Address | null {
  return ipv4(text) ?? ipv6(withoutZone(text))
}

function ipv4(text: string): Address | null {
  const word = parseIpv4(text)
  return word === null ? null : { family: 4, words: [word] }
}

function ipv6(text: string): Address | null {
  const words = parseIpv6(text)
  if (words === null) return null
  return carriesIpv4(words) ? { family: 4, words: [words[3]!] } : { family: 6, words }
}

/**
 * Whether the last 32 bits are an IPv4 address:
 * - `::ffff:0:0/96`, how dual-stack sockets write IPv4 clients (RFC 4291 2.5.5.2).
 * - `64:ff9b::/96`, how NAT64 gateways write them (RFC 6052 2.1).
 * - `64:ff9b:1:x::/96` for any group x, how translators of a private network write them (RFC 8215). The prefix has no other use, and
 *   as IPv6 all IPv4 clients would share one /56. The shorter embeddings of RFC 6052 2.2 stay IPv6: no bit tells them apart.
 */
function carriesIpv4(words: readonly number[]): boolean {
  if (words[0] === 0) return words[1] === 0 && words[2] === 0xffff
  return words[0] === 0x64ff9b && words[2] === 0 && (words[1] === 0 || words[1]! >>> 16 === 1)
}

/** Without port and brackets; `null` where a bracket stands alone or what follows it is no port. */
function withoutPort(text: string): string | null {
  if (text.startsWith('[')) return /^\[([^[\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? null
  const colon = text.indexOf(':')
  // A second colon makes it an unbracketed IPv6 address, which cannot carry a port.
  if (colon === -1 || text.indexOf(':', colon + 1) !== -1) return text
  return /^\d{1,5}$/.test(text.slice(colon + 1)) ? text.slice(0, colon) : null
}

/** A zone names an interface of this machine and tells nothing of the client. */
function withoutZone(text: string): string {
  const percent = text.indexOf('%')
  return percent === -1 ? text : text.slice(0, percent)
}

/** The canonical notation of an address: dotted decimal, or RFC 5952. `2001:DB8:0:0::1` is `2001:db8::1`. */
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
