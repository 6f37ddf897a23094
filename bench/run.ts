/**
 * `pnpm bench <name>`: runs one benchmark on what was built, prints its table, and writes `bench/results/<name>.json`.
 *
 * `race` takes options: `--trace FILE.csv`, `--html FILE`, and `--requests` and `--tokens` for the quota of the provider.
 */
import { report } from './report.ts'
import type { Result } from './result.ts'

const benches: Readonly<Record<string, () => Promise<Result>>> = {
  decide: async () => (await import('./decide/bench.ts')).benchDecide(),
  memory: async () => (await import('./memory/bench.ts')).benchMemory(),
  platform: async () => (await import('./platform/bench.ts')).benchPlatform(),
  redis: async () => (await import('./redis/bench.ts')).benchRedis(),
  http: async () => (await import('./http/bench.ts')).benchHttp(),
  egress: async () => (await import('./egress/bench.ts')).benchEgress(),
  overload: async () => (await import('./overload/bench.ts')).benchOverload(),
  race: async () => (await import('./race/bench.ts')).benchRace(process.argv.slice(3)),
}

const name = process.argv[2] ?? ''
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
if (bench === undefined) {
  console.error(`Usage: pnpm bench <${Object.keys(benches).join(' | ')}>`)
  process.exitCode = 1
} else {
  const result = await bench()
  report(result.name ?? name, result)
}
