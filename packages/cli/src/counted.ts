/** Numbers as people read them. */

const format = new Intl.NumberFormat('en', { maximumFractionDigits: 3 })

/** A count with separators: `12,000`. */
export function counted(count: number | bigint): string {
  return format.format(count)
}

/** A share of a whole: `0.4 %`, and never 0 for what is more. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10
  return share > 0 && rounded === 0 ? 'below 0.1 %' : `${counted(rounded)} %`
}
