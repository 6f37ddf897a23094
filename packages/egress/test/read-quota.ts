/** What a dialect reads of headers, in whichever form they come; and headers that no provider should send. */
import type { Dialect, QuotaSighting } from '../src/dialects/dialect.ts'
import { headerOf } from '../src/dialects/response-headers.ts'

/** Headers by lower-case name. */
export type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What a dialect reads, without what it leaves out. @param paid - limits that the call uses */
export function readQuota(dialect: Dialect, headers: RawHeaders, paid: readonly string[] = []): readonly QuotaSighting[] {
  const quota = dialect.quota(headerOf(headers), (limit) => paid.includes(limit))
  return JSON.parse(JSON.stringify(quota)) as QuotaSighting[]
}

/** Milliseconds to wait after a response. */
export function readWait(dialect: Dialect, status: number, headers: RawHeaders = {}): number | undefined {
  return dialect.refusalWaitMs?.(status, headerOf(headers))
}

/** Values that are no number of units. */
export const hostileUnits: readonly string[] = [
  'NaN',
  '-1',
  '',
  ' ',
  '1e9',
  '0x10',
  '1.5',
  'Infinity',
  '9999999999999999',
  '99999999999999999999999999',
  '5, 60',
  '١٢',
  'null',
]
