/** What a command reads and writes. `process` is one. */

/** A stream of text: `process.stdout`, or a list of texts in a test. */
export interface Output {
  write(text: string): unknown
  /** Whether a person looks at it. A progress bar and colours are written nowhere else. @default false */
  readonly isTTY?: boolean
  /** Columns of the terminal. @default 80 */
  readonly columns?: number
}

/** Where a command reads from and writes to. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  readonly stderr: Output
  /** Environment variables: `NO_COLOR` leaves colours out. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Columns of a terminal; 80 where they are not known. */
export function columnsOf({ columns = 80 }: Output): number {
  return Math.max(40, Math.min(columns, 200))
}

/** Whether colours are written: to a terminal, and not if `NO_COLOR` is set to anything. */
export function hasColours({ isTTY = false }: Output, { env }: Io): boolean {
  return isTTY && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}
