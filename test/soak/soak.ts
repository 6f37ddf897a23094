/**
 * Runs every cell of the fault matrix that makes sense, again and again, in an order by chance:
 * `pnpm soak [minutes] [seed]`, 10 minutes where nothing is said. It lists the cells that make no sense, and ends with 1 if a request left something behind.
 */

import type { AdapterUnderTest } from '@sluice/conformance/adapter'
import { memoryStore, type Store, surviveOutages } from '@sluice/core'
import express from 'express'
import express4 from 'express4'
import { Redis } from 'ioredis'
import { allCells, type FaultCell, nameOf, nonsense } from '../../packages/conformance/src/adapter/fault-cells.ts'
import { runCell } from '../../packages/conformance/src/adapter/run-cell.ts'
import { timedStores } from '../../packages/redis/test/timed-store.ts'
import { answerHelp } from '../../scripts/help.ts'
import { expressUnderTest } from '../adapters/express.ts'
import { fastify } from '../adapters/fastify.ts'
import { fetchHandler } from '../adapters/fetch.ts'
import { hono } from '../adapters/hono.ts'
import { node } from '../adapters/node.ts'
import { randomFrom } from '../seed.ts'
import { startRedis } from '../servers/index.ts'

answerHelp('soak')
// Express prints every error of a handler elsewhere, and Hono every error that no handler of the application takes.
process.env.NODE_ENV = 'test'
console.error = () => undefined

const [minutes = '10', seedText = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
const lasts = Number(minutes)
const seed = Number(seedText)
if (!(lasts > 0) || !Number.isSafeInteger(seed)) throw new Error('soak [minutes, above 0] [seed, a whole number]')

const adapters: Readonly<Record<string, AdapterUnderTest>> = {
  Fastify: fastify,
  'Express 5': expressUnderTest(express),
  'Express 4': expressUnderTest(express4),
  'node:http': node,
  Hono: hono,
  guardFetch: fetchHandler,
}

const redis = await startRedis()
const client = new Redis(redis.port, '127.0.0.1')
const timed = timedStores(client)
const stores: Readonly<Record<string, () => Store>> = {
  memory: () => memoryStore(),
  Redis() {
    const { store, setNowUs } = timed.empty()
    setNowUs(Date.UTC(2026, 0, 1) * 1000)
    // A busy machine must not look like an outage.
    return surviveOutages(store, { timeout: '10s', processes: 1 })
  },
}

interface Job {
  readonly name: string
  readonly adapter: AdapterUnderTest
  readonly cell: FaultCell
}

const all = Object.entries(adapters).flatMap(([name, adapter]): Job[] =>
  allCells(Object.keys(stores)).map((cell) => ({ name, adapter, cell })),
)
const jobs = all.filter(({ adapter, cell }) => nonsense(adapter, cell) === null)
const left = new Map<string, number>()
for (const { name, adapter, cell } of all) {
  const reason = nonsense(adapter, cell)
  const line = `${name}: ${nameOf(cell)}: ${reason}`
  if (reason !== null) left.set(line, (left.get(line) ?? 0) + 1)
}
process.stdout.write(`${[...left.keys()].join('\n')}\n${all.length - jobs.length} of ${all.length} cells make no sense\n`)

const random = randomFrom(seed)
const until = performance.now() + lasts * 60_000
let runs = 0
const findings: string[] = []
// What fails in a framework or in the matrix itself must not end the soak, and is a finding as well.
process.on('unhandledRejection', (error) => findings.push(`unhandled: ${String(error)}`))
process.on('uncaughtException', (error) => findings.push(`uncaught: ${String(error)}`))
while (performance.now() < until) {
  for (const { name, adapter, cell } of shuffled(jobs)) {
    if (performance.now() >= until) break
    const found = await runCell(adapter, stores[cell.store]!(), cell).catch((error: unknown) => [String(error)])
    runs++
    if (found.length === 0) continue
    const line = `${name} on ${cell.store}: ${nameOf(cell)}: ${found.join(', ')}`
    findings.push(line)
    process.stdout.write(`${line}\n`)
  }
}
process.stdout.write(`seed ${seed}: ${runs} runs of ${jobs.length} cells, ${findings.length} findings\n`)
for (const finding of findings) process.stdout.write(`${finding}\n`)
await timed.close()
client.disconnect()
await redis.stop()
process.exit(findings.length === 0 ? 0 : 1)

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
