/** Addresses in every notation, for the property tests. */
import fc from 'fast-check'

/** An IPv4 address as its unsigned 32-bit value. */
export const anyIpv4: fc.Arbitrary<number> = fc.oneof(
  fc.nat({ max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7f000001, 0x0a000001, 0xffffffff, 0x80000000),
)

/** The eight groups of an IPv6 address that carries no IPv4 address, zeros likely. */
export const anyIpv6: fc.Arbitrary<readonly number[]> = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 })
  .filter((groups) => !(groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff))
  .filter((groups) => !(groups[0] === 0x64 && groups[1] === 0xff9b))

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}

/** One of the many notations of eight groups: case, leading zeros, any zero run as a gap, a dotted tail. */
export function notationOf(groups: readonly number[]): fc.Arbitrary<string> {
  const style = fc.record({
    upper: fc.boolean(),
    padded: fc.boolean(),
    tail: fc.boolean(),
    gap: fc.option(fc.constantFrom(...zeroRuns(groups, 8))),
  })
  return style.map(({ upper, padded, tail, gap }) => {
    // A gap must end before the dotted tail begins.
    const dottedTail = tail && (gap === null || gap[1] <= 6)
    const parts = groups.map((group) => group.toString(16).padStart(padded ? 4 : 1, '0'))
    if (dottedTail) parts.splice(6, 2, dotted(((groups[6]! << 16) | groups[7]!) >>> 0))
    const text = gap === null ? parts.join(':') : `${parts.slice(0, gap[0]).join(':')}::${parts.slice(gap[1]).join(':')}`
    return upper ? text.toUpperCase() : text
  })
}

/** All runs of zero groups as [start, end); the empty list gets a dummy so that something can be chosen. */
function zeroRuns(groups: readonly number[], end: number): (readonly [number, number] | null)[] {
  const runs: (readonly [number, number] | null)[] = []
  for (let from = 0; from < end; from++) {
    for (let to = from + 1; to <= end && groups[to - 1] === 0; to++) runs.push([from, to])
  }
  return runs.length === 0 ? [null] : runs
}

/** The groups of an IPv4 address mapped into IPv6. */
export function mapped(value: number): readonly number[] {
  return [0, 0, 0, 0, 0, 0xffff, value >>> 16, value & 0xffff]
}

/** The groups of an IPv4 address as a NAT64 gateway writes it, by the well-known prefix or by one for local use. */
export function translated(value: number): fc.Arbitrary<readonly number[]> {
  const prefixes = fc.oneof(
    fc.constant([0, 0, 0, 0]),
    fc.nat({ max: 0xffff }).map((group) => [1, group, 0, 0]),
  )
  return prefixes.map((prefix) => [0x64, 0xff9b, ...prefix, value >>> 16, value & 0xffff])
}

/** One of the many texts of an IPv4 address. */
export function textOfIpv4(value: number): fc.Arbitrary<string> {
  const groups = fc.oneof(fc.constant(mapped(value)), translated(value))
  return fc.oneof(fc.constant(dotted(value)), groups.chain(notationOf), groups.chain(notationOf).map(withZone))
}

/** One of the many texts of an IPv6 address. */
export function textOfIpv6(groups: readonly number[]): fc.Arbitrary<string> {
  return fc.oneof(notationOf(groups), notationOf(groups).map(withZone))
}

function withZone(text: string): string {
  return `${text}%eth0`
}
