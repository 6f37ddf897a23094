/** Exact fractions, for a model that must not round. */

/** `n / d`, with `d` above 0; not necessarily in lowest terms. */
export interface Fraction {
  readonly n: bigint
  readonly d: bigint
}

export const zero: Fraction = Object.freeze({ n: 0n, d: 1n })

export function fraction(n: number | bigint, d: number | bigint = 1n): Fraction {
  return { n: BigInt(n), d: BigInt(d) }
}

export function plus(a: Fraction, b: Fraction): Fraction {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d }
}

export function minus(a: Fraction, b: Fraction): Fraction {
  return plus(a, { n: -b.n, d: b.d })
}

export function times(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.n, d: a.d * b.d }
}

/** `a / b`, for `b` above 0. */
export function over(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.d, d: a.d * b.n }
}

export function least(a: Fraction, b: Fraction): Fraction {
  return atMost(a, b) ? a : b
}

export function most(a: Fraction, b: Fraction): Fraction {
  return atMost(a, b) ? b : a
}

export function atMost(a: Fraction, b: Fraction): boolean {
  return a.n * b.d <= b.n * a.d
}

export function floor({ n, d }: Fraction): bigint {
  return n >= 0n ? n / d : -((-n + d - 1n) / d)
}

export function ceil({ n, d }: Fraction): bigint {
  return -floor({ n: -n, d })
}

/** The next multiple of `1 / parts` at or above `a`. */
export function ceilTo(parts: number, a: Fraction): Fraction {
  const d = BigInt(parts)
  return { n: ceil({ n: a.n * d, d: a.d }), d }
}

/** The next multiple of `1 / parts` at or below `a`. */
export function floorTo(parts: number, a: Fraction): Fraction {
  const d = BigInt(parts)
  return { n: floor({ n: a.n * d, d: a.d }), d }
}
