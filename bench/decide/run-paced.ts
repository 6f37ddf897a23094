/**
 * Requests at a steady pace, in a process of its own: prints the nanoseconds of CPU a request. Timers, collections and whatever else runs
 * between two requests count too. Arguments: the scenario and the contender.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { rounded } from '../interleave.ts'
import { makeKeys, pick, seeded } from './keys.ts'
import { pacedScenarios } from './scenarios.ts'

/** Milliseconds between two turns of the event loop in which requests arrive. */
const everyMs = 10
/** Requests in a tight loop, so that V8 has compiled what is measured. */
const warmUps = 2 ** 18
/** Seconds that are not measured, and then those that are. */
const settleSeconds = 1.5
const measuredSeconds = 3

const [name, contender] = process.argv.slice(2)
const scenario = pacedScenarios.find((one) => one.name === name)
const make = scenario?.contenders[contender ?? '']
if (scenario === undefined || make === undefined) throw new Error(`No contender ${contender} in a paced scenario ${name}`)

const random = seeded(scenario.keys)
const keys = makeKeys(scenario.keys, random)
const requests = pick(keys, 2 ** 18, scenario.spread, random)
const run = await make({ capacity: scenario.capacity, perMs: scenario.perMs, keys: scenario.keys })
let sent = 0

/** Sends what is due until the time is over. Returns nanoseconds of CPU a request. */
async function pace(seconds: number, perSecond: number): Promise<number> {
  const start = performance.now()
  const before = process.cpuUsage()
  const first = sent
  for (let ms = 0; ms < seconds * 1000; ms = performance.now() - start) {
    const due = first + Math.floor((ms / 1000) * perSecond)
    while (sent < due) await send(due)
    await sleep(everyMs)
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / (sent - first)
}

async function send(due: number): Promise<void> {
  const from = sent % requests.length
  const to = Math.min(requests.length, from + due - sent)
  const admitted = await run(requests, from, to)
  if (admitted !== to - from) throw new Error(`${admitted} of ${to - from} were admitted`)
  sent += to - from
}

await send(warmUps)
await pace(settleSeconds, scenario.perSecond)
globalThis.gc?.()
console.log(JSON.stringify(rounded(await pace(measuredSeconds, scenario.perSecond), 1)))
