/** A real Prometheus reads our metrics, and runs every query of the alerts and of the dashboard. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { createProvider, egressRefusalOf } from '@sluice/egress'
import { createTelemetry } from '@sluice/telemetry'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metrics } from '../../packages/telemetry/src/metrics.ts'
import { root } from '../../scripts/packages.ts'
import { freePort, prometheusProgram, promtoolProgram, until } from '../servers/index.ts'

const program = await prometheusProgram()
const promtool = await promtoolProgram()
const folder = `${root}packages/telemetry/`
const read = (name: string): string => readFileSync(folder + name, 'utf8')

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly targets: readonly { readonly expr: string; readonly refId: string }[]
}
const { panels } = JSON.parse(read('grafana-dashboard.json')) as { readonly panels: readonly Panel[] }

/** The queries of the dashboard, as Grafana fills them in. */
const ofDashboard = panels.flatMap(({ targets }) =>
  targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*')),
)
/** The queries of the alerts: `expr` on one line, or folded. */
const ofAlerts = [...read('alerts.yml').matchAll(/expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/g)].map(([, folded, line]) =>
  (folded ?? line)!.replaceAll(/\s+/g, ' ').trim(),
)

/** A scene in which everything happens that needs no outage. */
async function play(registry: Registry): Promise<void> {
  const store = memoryStore()
  const limiter = createLimiter<string>({
    limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1h' }) }],
    store,
  })
  const llm = createProvider({ name: 'llm', limits: { requests: { capacity: 1, per: '1h' } }, queue: { wait: 0 } })
  createTelemetry({ limiters: [limiter], stores: [store], providers: [llm] }).prometheus(registry)
  for (let i = 0; i < 5; i++) limiter.consume('ann')
  const permit = await llm.acquire()
  const refusal = await llm.acquire().catch(egressRefusalOf)
  expect(refusal).toMatchObject({ code: expect.stringMatching(/^SLUICE_EGRESS/) })
  permit.settle()
}

let site: Server
let url = ''
let stop: () => Promise<void>

beforeAll(async () => {
  const registry = new Registry()
  await play(registry)
  site = createServer((_request, response) => {
    response.setHeader('content-type', registry.contentType)
    void registry.metrics().then((text) => response.end(text))
  }).listen(0, '127.0.0.1')
  await once(site, 'listening')
  const data = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'))
  const target = `127.0.0.1:${(site.address() as AddressInfo).port}`
  const config = {
    global: { scrape_interval: '200ms' },
    rule_files: [`${folder}alerts.yml`],
    scrape_configs: [{ job_name: 'api', static_configs: [{ targets: [target] }] }],
  }
  writeFileSync(join(data, 'prometheus.yml'), JSON.stringify(config))
  const port = await freePort()
  const flags = [`--config.file=${data}/prometheus.yml`, `--storage.tsdb.path=${data}/data`, `--web.listen-address=127.0.0.1:${port}`]
  const server = spawn(program, flags, { stdio: 'ignore' })
  stop = async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
    rmSync(data, { recursive: true })
  }
  url = `http://127.0.0.1:${port}`
  const scrapes = async (): Promise<boolean> => (await query('count_over_time(sluice_store_away[1m]) > 1').catch(() => [])).length > 0
  await until(scrapes, { what: 'two scrapes' })
}, 120_000)

afterAll(async () => {
  site.closeAllConnections()
  site.close()
  await stop()
})

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** @throws Error with what Prometheus answers */
async function query(text: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`)
  const answer = (await response.json()) as {
    readonly status: string
    readonly error?: string
    readonly data?: { readonly result: readonly Sample[] }
  }
  if (answer.status !== 'success') throw new Error(`${text}: ${answer.error}`)
  return answer.data!.result
}

test('it reads what was counted', async () => {
  const counted = await query('sluice_decisions_total')
  expect(Object.fromEntries(counted.map(({ metric, value }) => [metric['outcome'], value[1]]))).toEqual({
    allowed: '1',
    near: '1',
    limited: '3',
    shadow_limited: '0',
    impossible: '0',
    unavailable: '0',
  })
  expect((await query('sluice_egress_refused_total'))[0]?.value[1]).toBe('1')
  expect((await query('sluice_memory_buckets'))[0]?.value[1]).toBe('1')
})

test('it runs every query of the alerts and of the dashboard', async () => {
  expect(ofAlerts).toHaveLength(read('alerts.yml').match(/^ +- alert:/gm)!.length)
  for (const text of [...ofAlerts, ...ofDashboard]) await query(text)
  const [first] = ofDashboard
  expect(await query(first!)).toHaveLength(6)
})

test('queries name our metrics alone, and the dashboard shows every one', () => {
  const names = Object.values(metrics).map(({ name }) => name)
  const known = new Set(names.flatMap((name) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]))
  const namesIn = (texts: readonly string[]): string[] => texts.flatMap((text) => [...text.matchAll(/\bsluice_\w+/g)].map(([name]) => name))
  expect(namesIn([...ofAlerts, ...ofDashboard]).filter((name) => !known.has(name))).toEqual([])
  const displayed = new Set(namesIn(ofDashboard).map((name) => name.replace(/_bucket$/, '')))
  expect(names.filter((name) => !displayed.has(name))).toEqual([])
})

test('panels have a place, an id and a letter for each query of their own', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length)
  for (const { gridPos, targets } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
  }
})

test('promtool finds that each alert fires when it should', async () => {
  const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', `${folder}alerts.test.yml`])
  expect(stdout).toContain('SUCCESS')
  const named = (text: string, key: string): string[] => [...text.matchAll(new RegExp(`${key}: (\\w+)`, 'g'))].map(([, name]) => name!)
  expect(new Set(named(read('alerts.test.yml'), 'alertname'))).toEqual(new Set(named(read('alerts.yml'), 'alert')))
})

test('the README has the table of all metrics', () => {
  const rows = [...read('README.md').matchAll(/^\| `(sluice_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells)
  expect(rows).toEqual(
    Object.values(metrics).map(({ name, type, labels, help }) => [name, type, labels.map((label) => `\`${label}\``).join(', '), help]),
  )
})
