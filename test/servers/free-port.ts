/** A free TCP port that stays free until its server binds it. */
import { createServer } from 'node:net'

// Below the range of outgoing connections (from 32768 on Linux). While a server is down for a moment, a client that dials out could take
// a port of that range.
const first = 16_384
const count = 16_384
// A worker of the test run picks from ports that no other picks from: another's server may be down for a moment, or about to start.
const lanes = 16
const lane = Number(process.env.VITEST_POOL_ID ?? 0) % lanes
const claimed = new Set<number>()

/** A port of 127.0.0.1 that nothing listens on and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + lanes * Math.floor((Math.random() * count) / lanes) + lane
    if (claimed.has(port)) continue
    // Claimed before it is tried: a second call may run meanwhile.
    claimed.add(port)
    if (await isFree(port)) return port
  }
}

/** `n` of them. */
export function freePorts(n: number): Promise<number[]> {
  return Promise.all(Array.from({ length: n }, freePort))
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
