/**
 * One contender in a process of its own. It prints the nanoseconds that a call takes to enter a queue in which 100,000 wait, and the bytes
 * that each waiting call keeps. On its own: `node --expose-gc bench/dist/egress/run-contender.js sluice 5`.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { contenders, type Enqueue } from './contenders.ts'

const waiting = 100_000
const callsOfRound = 2000

const [name = '', rounds = '1'] = process.argv.slice(2)
const enqueue = await contenders[name]!()
const emptyBytes = heapBytes()
await enter(enqueue, waiting)
const bytes = (heapBytes() - emptyBytes) / waiting
const nanos: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  const { user, system } = process.cpuUsage()
  await enter(enqueue, callsOfRound)
  const used = process.cpuUsage({ user, system })
  nanos.push(((used.user + used.system) * 1000) / callsOfRound)
}
process.stdout.write(JSON.stringify({ nanos, bytes }), () => process.exit())

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Enters in portions, as requests come, and lets each portion settle down. */
async function enter(call: Enqueue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    // What waits when the process ends is lost, and its rejection says nothing.
    void Promise.resolve(call()).catch(() => {})
    if (i % 50 === 49) await turn()
  }
  await turn()
}
