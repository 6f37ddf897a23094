/** How long the scripts of the store hold a server, by the server's own slow log: for each kind of rule, with as much as goes in one script. */
import {
  burstMax,
  concurrency,
  createLimiter,
  fixedWindow,
  guaranteedShareOf,
  type Limit,
  type Limiter,
  type Rule,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { startRedis } from '../servers/index.ts'

/** What the longest scripts of one scenario took: those with at least nine tenths of the keys of the longest. */
export interface ScriptTime {
  readonly scenario: string
  readonly scripts: number
  /** Keys of the script with most keys. */
  readonly keys: number
  /** Median time in microseconds. */
  readonly medianUs: number
  /** The fastest, without what a busy machine adds: a yardstick that ran in between took so much longer than its fastest run of all. */
  readonly quietUs: number
}

/** A script that always does the same. */
const yardstick = "for i = 1, 300 do redis.call('SET', KEYS[1], struct.pack('>I7I7', i, i), 'PX', 60000) end"

type MakeRule = (i: number) => Rule

const day = '1d'
const kinds: Readonly<Record<string, MakeRule>> = {
  'token bucket': () => tokenBucket({ capacity: 1000, per: day }),
  'token buckets, all different': (i) => tokenBucket({ capacity: 1000 + i, per: day }),
  'interval token buckets, all different': (i) => tokenBucket({ capacity: 1000 + i, per: day, mode: 'interval' }),
  'burst max': () => burstMax({ refill: 1000, per: day }),
  'sliding window': () => slidingWindow({ capacity: 1000, per: day }),
  'exact windows': () => slidingWindow({ capacity: 10_000, per: day, exact: true }),
  'calendar windows, all different': (i) => fixedWindow({ capacity: 1000 + i, per: 'day', timeZone: 'Asia/Seoul' }),
  'guaranteed shares': (i) => (i === 0 ? fixedWindow({ capacity: 1000, per: day }) : guaranteedShareOf('limit 0', 0.015625)),
  slots: (i) => concurrency({ capacity: 1000 + i }),
}

/** Limits in one call that each kind can have: those of a kind that takes longer are fewer. */
function mostOf(kind: string): number {
  if (kind === 'slots') return 38
  if (kind === 'exact windows') return 49
  if (kind === 'guaranteed shares') return 32
  if (kind.startsWith('calendar')) return 76
  return kind.startsWith('interval') ? 117 : 130
}

/** Measures every kind: many calls at once, and one call with as many limits as it can have, with what follows it. */
export async function measureScripts(rounds: number): Promise<ScriptTime[]> {
  const server = await startRedis()
  const client = new Redis(server.port).setMaxListeners(0)
  await client.config('SET', 'slowlog-log-slower-than', '0')
  await client.config('SET', 'slowlog-max-len', '100000')
  const seen: Seen[] = []
  for (const [kind, rule] of Object.entries(kinds)) {
    const store = redisStore(client, { processes: 1, timeout: '30s', prefix: kind })
    const limiterOf = (count: number): Limiter<string> => {
      const limits = Array.from(
        { length: count },
        (_, i): Limit<string> => ({ name: `limit ${i}`, by: (key) => key, rule: rule(i) as never }),
      )
      return createLimiter<string>({ store, limits })
    }
    const measure = async (scenario: string, times: number, run: () => Promise<unknown>): Promise<void> => {
      await client.slowlog('RESET')
      for (let i = 0; i < times; i++) {
        await client.eval(yardstick, 1, 'yardstick')
        await run()
      }
      seen.push(seenIn(`${kind}: ${scenario}`, (await client.slowlog('GET', 100_000)) as SlowLog))
    }
    const [ten, most] = [limiterOf(10), limiterOf(mostOf(kind))]
    const held: Awaited<ReturnType<typeof ten.reserve>>[] = []
    // Eight full scripts in each round.
    await measure('100 calls of 10 limits at once', Math.ceil(rounds / 2), async () => {
      held.push(...(await Promise.all(Array.from({ length: 100 }, (_, i) => ten.reserve(`ann ${i}`)))))
    })
    await Promise.all(held.splice(0).map((one) => one.cancel()))
    await measure(`a reservation of ${mostOf(kind)} limits`, rounds, async () => held.push(await most.reserve('bob')))
    await measure('its settlement', rounds, async () => held.pop()!.settle(0))
    await measure('a refused second stage', rounds, async () => {
      const stage = await most.reserve('bob')
      await most.reserve('bob', { extend: [stage], cost: 1_000_000 })
    })
    await store.close()
  }
  client.disconnect()
  await server.stop()
  const fastest = Math.min(...seen.flatMap(({ yardsticks }) => yardsticks))
  return seen.map(({ scenario, keys, longest, yardsticks }) => {
    const quietUs = Math.round((Math.min(...longest) * fastest) / Math.min(...yardsticks))
    return { scenario, scripts: longest.length, keys, medianUs: quantile(longest, 0.5), quietUs }
  })
}

type SlowLog = readonly (readonly [id: number, at: number, us: number, command: readonly string[]])[]

/** Microseconds, by the slow log. */
interface Seen {
  readonly scenario: string
  readonly keys: number
  readonly longest: readonly number[]
  readonly yardsticks: readonly number[]
}

function seenIn(scenario: string, log: SlowLog): Seen {
  const all = log.filter(([, , , [name]]) => /^eval/i.test(name!))
  const scripts = all.filter(([, , , command]) => command[3] !== 'yardstick')
  const keysOf = ([, , , command]: SlowLog[number]): number => Number(command[2])
  const keys = Math.max(...scripts.map(keysOf))
  const usOf = ([, , us]: SlowLog[number]): number => us
  const yardsticks = all.filter(([, , , command]) => command[3] === 'yardstick').map(usOf)
  return { scenario, keys, longest: scripts.filter((script) => keysOf(script) >= 0.9 * keys).map(usOf), yardsticks }
}

function quantile(numbers: readonly number[], share: number): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)]!
}
