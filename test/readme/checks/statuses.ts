/** Requests as a reader sends them, and the statuses that come back. */
import type { Running } from '../checks.ts'

/** A request: its path, and how it is sent. */
export type Ask = readonly [path: string, init?: RequestInit]

/** The statuses of requests, sent one after the other. */
export async function statuses({ url, fetch }: Running, ...asks: readonly Ask[]): Promise<readonly number[]> {
  const all: number[] = []
  for (const [path, init] of asks) all.push((await fetch(url + path, init)).status)
  return all
}

/** The same request many times. */
export function times(count: number, ...ask: Ask): readonly Ask[] {
  return Array.from({ length: count }, () => ask)
}

/** A POST with JSON. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** As many answers with 200 as pass, then as many with 429 as do not. */
export function passed(count: number, refused: number): readonly number[] {
  return [...Array<number>(count).fill(200), ...Array<number>(refused).fill(429)]
}
