/** What viewers of the operators' page cost its server: CPU time with a hundred of them, with one, and with none. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median, rounded } from '../interleave.ts'
import type { Result } from '../result.ts'
import { versionsOf } from '../versions.ts'

const rounds = 5
const secondsEach = 10
const counts = [0, 1, 100]

/** Measures each number of viewers in turn, in one process that has run for a while. */
export async function benchViewers(): Promise<Result> {
  const server = fork(fileURLToPath(new URL('run-server.js', import.meta.url)))
  const [{ port }] = (await once(server, 'message')) as [{ readonly port: number }]
  const cpuUs = async (): Promise<number> => {
    server.send('cpu')
    const [{ cpuUs: used }] = (await once(server, 'message')) as [{ readonly cpuUs: number }]
    return used
  }

  /** Milliseconds of CPU time a second. The time in which viewers come is not counted. */
  async function measure(viewers: number): Promise<number> {
    const sockets = Array.from({ length: viewers }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.write('GET /?stream HTTP/1.1\r\nHost: x\r\n\r\n')
      return socket.resume()
    })
    await sleep(3000)
    const [before, beganMs] = [await cpuUs(), performance.now()]
    await sleep(secondsEach * 1000)
    const used = (await cpuUs()) - before
    const seconds = (performance.now() - beganMs) / 1000
    // The page at first, and one update a second after that.
    const least = Math.min(...sockets.map(({ bytesRead }) => bytesRead))
    if (least < 10_000) throw new Error(`A viewer got ${least} bytes alone`)
    for (const socket of sockets) socket.destroy()
    return used / 1000 / seconds
  }

  await measure(100)
  const found = new Map(counts.map((viewers) => [viewers, [] as number[]]))
  for (let round = 0; round < rounds; round++) for (const viewers of counts) found.get(viewers)!.push(await measure(viewers))
  server.disconnect()
  const none = found.get(0)!
  const rows = counts.map((viewers) => {
    const values = found.get(viewers)!
    const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((value) => rounded(value, 2))
    return { scenario: `${viewers} viewers`, contender: 'sluice', median: middle!, min: min!, max: max!, ratio: null }
  })
  const cost = median(found.get(100)!.map((value, round) => value - none[round]!))
  const text = 'CPU that 100 viewers of the operators page add, ms a second'
  return {
    unit: 'milliseconds of CPU time a second',
    rounds,
    versions: versionsOf('@sluice/dashboard'),
    rows,
    claims: [{ text, measured: rounded(cost, 2), atMost: 10 }],
  }
}
