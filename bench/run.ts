/**
 * `pnpm bench <name>`: runs one benchmark on what was built, prints its table, and writes `bench/last/<name>.json`, which is not committed.
 * With `--record` it writes `bench/results/<name>.json` in place of it: the figures that the documents quote.
 *
 * `race` takes options: `--trace FILE.csv`, `--html FILE`, and `--requests` and `--tokens` for the quota of the provider.
 */
import { report } from './report.ts'
import type { Result } from './result.ts'

const benches: Readonly<Record<string, (options: readonly string[]) => Promise<Result>>> = {
  decide: async () => (await import('./decide/bench.ts')).benchDecide(),
  memory: async () => (await import('./memory/bench.ts')).benchMemory(),
  platform: async () => (await import('./platform/bench.ts')).benchPlatform(),
  redis: async () => (await import('./redis/bench.ts')).benchRedis(),
  http: async () => (await import('./http/bench.ts')).benchHttp(),
  egress: async () => (await import('./egress/bench.ts')).benchEgress(),
  overload: async () => (await import('./overload/bench.ts')).benchOverload(),
  viewers: async () => (await import('./viewers/bench.ts')).benchViewers(),
  race: async (options) => (await import('./race/bench.ts')).benchRace(options),
}

const [name = '', ...options] = process.argv.slice(2).filter((argument) => argument !== '--record')
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
if (bench === undefined) {
  console.error(`Usage: pnpm bench <${Object.keys(benches).join(' | ')}> [--record]`)
  process.exitCode = 1
} else {
  const result = await bench(options)
  report(result.name ?? name, result, process.argv.includes('--record') ? 'results' : 'last')
}
