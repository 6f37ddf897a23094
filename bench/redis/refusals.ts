/** What a refusal by an exact sliding window costs the server: with 10 admissions in its log, and with 10,000. */
import { createLimiter, type Limiter, slidingWindow } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { type Contender, interleave, rounded } from '../interleave.ts'
import type { Claim, Row } from '../result.ts'

const few = '10 admissions'
const many = '10,000 admissions'
const capacities = { [few]: 10, [many]: 10_000 }
const time = 'a refusal by an exact window, CPU of the script'
const size = 'a refusal by an exact window, bytes of the reply'
const refusalsPerTurn = 2000

/** A limiter whose window is full, alone on its client. */
interface Filled {
  readonly name: string
  readonly limiter: Limiter
  close(): Promise<void>
}

/** Measures refusals in turns. The scripts are timed by the server itself. */
export async function refusalRows(port: number, rounds: number): Promise<Row[]> {
  const server = new Redis(port)
  const windows = await Promise.all(Object.entries(capacities).map(([name, capacity]) => fill(port, name, capacity)))
  const bytes = new Map<string, number>()
  const measured = windows.map(({ name, limiter }): Contender => {
    return {
      name,
      async measure() {
        const before = await countsOf(server)
        for (let i = 0; i < refusalsPerTurn; i++) await limiter.consume()
        const after = await countsOf(server)
        bytes.set(name, (after.bytes - before.bytes) / refusalsPerTurn)
        return ((after.us - before.us) * 1000) / (after.calls - before.calls)
      },
    }
  })
  const rows = await interleave(time, measured, rounds)
  for (const { close } of windows) await close()
  await server.quit()
  return [...rows, ...Array.from(bytes, ([contender, each]) => bytesRow(contender, Math.round(each)))]
}

async function fill(port: number, name: string, capacity: number): Promise<Filled> {
  const client = new Redis(port)
  const store = redisStore(client, { processes: 1, timeout: '10s', prefix: `refusals${capacity}`, rememberRefusals: false })
  const limiter = createLimiter({
    limits: [{ name: 'all', by: () => 'all', rule: slidingWindow({ capacity, per: '1d', exact: true }) }],
    store,
  })
  for (let used = 0; used < capacity; used += 10) await Promise.all(Array.from({ length: 10 }, () => limiter.consume()))
  const close = async (): Promise<void> => {
    await store.close()
    client.disconnect()
  }
  return { name, limiter, close }
}

interface Counts {
  readonly us: number
  readonly calls: number
  readonly bytes: number
}

/** What the server has counted. The answer to this question is the same number of bytes each time, as good as. */
async function countsOf(server: Redis): Promise<Counts> {
  const bytes = Number(/total_net_output_bytes:(\d+)/.exec(await server.info('stats'))![1])
  const [, calls, us] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(await server.info('commandstats'))!
  return { us: Number(us), calls: Number(calls), bytes }
}

function bytesRow(contender: string, bytes: number): Row {
  return { scenario: size, contender, median: bytes, min: bytes, max: bytes, ratio: null }
}

/** A refusal costs as little with a long log as with a short one. Numbers of 10,000 have three digits more than those of 10. */
export function refusalClaims(rows: readonly Row[]): Claim[] {
  const of = (scenario: string, contender: string): Row | undefined =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)
  const [less, more] = [few, many].map((name) => of(size, name)?.median ?? Number.NaN) as [number, number]
  return [
    { text: 'CPU of a refusal with 10,000 admissions to one with 10', measured: of(time, many)?.ratio ?? Number.NaN, atMost: 1.5 },
    { text: 'bytes of a refusal with 10,000 admissions beyond one with 10', measured: rounded(more - less, 0), atMost: 16 },
  ]
}
