/** One round of load on one server. */
import autocannon from 'autocannon'
import type { ServerProcess } from './server-process.ts'

/** Requests a round. */
const amount = 4_000
const connections = 16
/** Milliseconds between the looks of autocannon at itself: it ends at one of them, and by default they are a second apart. */
const sampleInt = 20

/** What a round showed. */
export interface Round {
  /** CPU time of the server, a request. */
  readonly cpuNanos: number
  readonly perSecond: number
}

/** How every request of a round must end. */
export type Expected = 'passes' | 'refused'

/** Sends a round of requests, each of which must end as expected. */
export async function load(server: ServerProcess, expected: Expected): Promise<Round> {
  const before = await server.cpuUs()
  const startedAt = performance.now()
  const result = await autocannon({ url: server.url, connections, amount, sampleInt })
  const seconds = (performance.now() - startedAt) / 1000
  const after = await server.cpuUs()
  const count = expected === 'passes' ? result['2xx'] : (result.statusCodeStats?.['429']?.count ?? 0)
  if (count !== amount || result.errors > 0) {
    throw new Error(
      `${count} of ${amount} requests ended as ${expected}, ${result.errors} in errors: ${JSON.stringify(result.statusCodeStats)}`,
    )
  }
  return { cpuNanos: ((after - before) * 1000) / amount, perSecond: amount / seconds }
}
