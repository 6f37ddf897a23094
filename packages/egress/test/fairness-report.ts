/** Prints what a heavy caller does to the others: `node --conditions=@sluice/source --import tsx packages/egress/test/fairness-report.ts`. */
import { mock } from 'node:test'
import { type Fairness, p99OfLightCallers, type Time } from './fairness.ts'

const { setImmediate: turn } = globalThis
mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000_000_000 })

const time: Time = {
  clock: { nowMs: () => Date.now() },
  async pass(ms) {
    for (let i = 0; i < ms; i++) {
      mock.timers.tick(1)
      await new Promise((resolve) => turn(resolve))
    }
  },
}

process.stdout.write(
  'The p99 wait of light callers at 80 % load, in a window of 10 s. The heavy caller wants 50 times as much as each of them.\n',
)
for (const processes of [1, 3]) {
  const aloneMs = await p99Of({ processes, heavyIn: 0 })
  for (const heavyIn of new Set([1, processes])) {
    const besideMs = await p99Of({ processes, heavyIn })
    process.stdout.write(`${processes} processes, heavy caller in ${heavyIn}: ${besideMs} ms, without it ${aloneMs} ms\n`)
  }
}

async function p99Of(fairness: Omit<Fairness, 'load'>): Promise<number> {
  return Math.round(await p99OfLightCallers({ load: 0.8, ...fairness }, time))
}
