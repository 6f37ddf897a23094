/** Fifty applications with twenty sellers each, called from three processes on one Redis: every layer is audited for every second. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextSecond } from '../../examples/demo/next-second.ts'
import { ask, compiled, startRedis } from '../servers/index.ts'
import type { Report, Tally } from './caller.ts'

const redis = await startRedis()
const callers: ChildProcess[] = []
afterAll(async () => {
  for (const caller of callers) caller.kill('SIGKILL')
  await redis.stop()
})

const [before, after] = [120, 60]
const [applicationRate, sellerRate] = [8, 4]

function publish(version: string, apiCapacity: number): Promise<unknown> {
  const rule = (capacity: number) => ({ rule: { tokenBucket: { capacity, per: '1s', mode: 'interval' } } })
  return ask(redis, 'SET', 'policy', JSON.stringify({ version, limits: { api: rule(apiCapacity), application: rule(applicationRate) } }))
}

let reports: Report[]
let changedMs: number

beforeAll(async () => {
  await publish('1', before)
  const program = await compiled(join(import.meta.dirname, 'caller.ts'))
  for (let i = 0; i < 3; i++) callers.push(fork(program, [String(redis.port), String(i)], { execArgv: [] }))
  await Promise.all(callers.map((caller) => once(caller, 'message')))
  await nextSecond()
  const answers = Promise.all(callers.map((caller) => once(caller, 'message')))
  for (const caller of callers) caller.send(Date.now() + 6000)
  // In the middle of a second, after two whole ones.
  await sleep(2400)
  await publish('2', after)
  changedMs = Date.now()
  reports = (await answers).map(([report]) => report as Report)
}, 60_000)

/** What a layer admitted, by bucket and second, over all processes. */
function admitted(layer: string): { readonly second: number; readonly units: number }[] {
  const sums: Tally = {}
  for (const { tally } of reports) for (const [bucket, units] of Object.entries(tally)) sums[bucket] = (sums[bucket] ?? 0) + units
  return Object.entries(sums)
    .filter(([bucket]) => bucket.startsWith(layer))
    .map(([bucket, units]) => ({ second: Number(bucket.split(' ').at(-1)), units }))
}

const most = (layer: string): number => Math.max(...admitted(layer).map(({ units }) => units))

describe('under load from three processes', () => {
  test('every decision is made by Redis or remembered of it, and every layer refuses some', () => {
    expect(reports.map(({ astray }) => astray)).toEqual([0, 0, 0])
    expect([...new Set(reports.flatMap(({ refusedBy }) => Object.keys(refusedBy)))].sort()).toEqual(['api', 'application', 'seller'])
  })

  test('no application and no seller gets more than its rate in any second, and the busy ones get all of it', () => {
    expect(most('application')).toBe(applicationRate)
    expect(most('seller')).toBe(sellerRate)
  })

  test('the API serves as much as it can and no more, and half of that within a second after it is halved', () => {
    const halvedFrom = Math.ceil((changedMs + 1000) / 1000)
    const seconds = admitted('api')
    expect(Math.max(...seconds.filter(({ second }) => second < halvedFrom).map(({ units }) => units))).toBe(before)
    expect(Math.max(...seconds.filter(({ second }) => second >= halvedFrom).map(({ units }) => units))).toBe(after)
  })

  test('what an inner layer admits is what the outer ones admit', () => {
    const sum = (layer: string): number => admitted(layer).reduce((all, { units }) => all + units, 0)
    expect([sum('application'), sum('seller')]).toEqual([sum('api'), sum('api')])
  })
})
