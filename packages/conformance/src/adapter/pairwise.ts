/** Pairwise tables: few rows in which every two values of different columns meet. */

/** One index for each column. */
export type Row = readonly number[]

/**
 * Rows in which every two values of different columns meet at least once, wherever an admissible row has both. The same each time: it
 * takes the first row, in order, that brings most pairs that are still missing.
 * @param sizes - how many values each column has
 * @param admits - whether a row makes sense. @default every row
 */
export function pairwise(sizes: readonly number[], admits: (row: Row) => boolean = () => true): readonly Row[] {
  const candidates = rowsOf(sizes).filter(admits)
  const missing = new Set(candidates.flatMap(pairsOf))
  const rows: Row[] = []
  while (missing.size > 0) {
    let best: Row = []
    let most = 0
    for (const row of candidates) {
      const brings = pairsOf(row).filter((pair) => missing.has(pair)).length
      if (brings > most) [best, most] = [row, brings]
    }
    rows.push(best)
    for (const pair of pairsOf(best)) missing.delete(pair)
  }
  return rows
}

function rowsOf(sizes: readonly number[]): readonly Row[] {
  return sizes.reduce<readonly Row[]>((rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])), [[]])
}

function pairsOf(row: Row): readonly string[] {
  return row.flatMap((a, i) => row.slice(i + 1).map((b, j) => `${i}:${a} ${i + 1 + j}:${b}`))
}
