/** One scenario in a process of its own: prints the samples of each contender. Arguments: the scenario, the rounds, and one contender or none for all. */
import { type Contender, takeTurns } from '../interleave.ts'
import type { Make } from './contenders.ts'
import { makeKeys, pick, seeded } from './keys.ts'
import { type Scenario, scenarios } from './scenarios.ts'

/** Decisions a turn. */
const turn = 2 ** 17
/** Requests in the list that all go round in, each contender from a place of its own, so that none finds it warm from another. */
const listed = 2 ** 20

async function ready(scenario: Scenario): Promise<Contender[]> {
  const random = seeded(scenario.keys)
  const keys = makeKeys(scenario.keys, random)
  const requests = pick(keys, listed, scenario.spread, random)
  // While the collector marks, V8 takes what is made for long-lived, and goes on making it so.
  globalThis.gc?.()
  const contenders: Contender[] = []
  for (const [at, [name, make]] of Object.entries(scenario.contenders).entries()) {
    if (only !== undefined && name !== only) continue
    contenders.push({ name, measure: await prepare(make, scenario, keys, requests, at * turn) })
  }
  return contenders
}

/** A contender that has seen every key once. */
async function prepare(
  make: Make,
  { capacity, perMs, admits, keys: count }: Scenario,
  keys: readonly string[],
  requests: readonly string[],
  start: number,
): Promise<Contender['measure']> {
  const run = await make({ capacity, perMs, keys: count })
  await run(keys, 0, keys.length)
  globalThis.gc?.()
  let from = start
  return async () => {
    const before = process.cpuUsage()
    const admitted = await run(requests, from, from + turn)
    const { user, system } = process.cpuUsage(before)
    if (admits === 'all' ? admitted !== turn : admits === 'none' && admitted > 0) throw new Error(`${admitted} of ${turn} were admitted`)
    from = (from + turn) % listed
    return ((user + system) * 1000) / turn
  }
}

const [name, rounds, only] = process.argv.slice(2)
const scenario = scenarios.find((one) => one.name === name)
if (scenario === undefined) throw new Error(`No scenario is called ${name}; there are: ${scenarios.map((one) => one.name).join(', ')}`)
console.log(JSON.stringify(await takeTurns(await ready(scenario), Number(rounds))))
