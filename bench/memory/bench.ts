/** What a million keys cost a memory store: bytes while they are there, and delays of the event loop while they come and go. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, rounded } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Life } from './life.ts'

const rounds = 7

/** What is measured, and the most that it may be. The pauses of the collector are part of the delays, and shown beside them. */
const figures: readonly { readonly of: keyof Life; readonly scenario: string; readonly atMost?: number }[] = [
  { of: 'bytesAKey', scenario: 'bytes a key beyond its own string', atMost: 60 },
  { of: 'fillMs', scenario: 'worst delay while a million keys come, ms', atMost: 15 },
  { of: 'fillGcMs', scenario: 'of which the longest pause of the collector, ms' },
  { of: 'expiringMs', scenario: 'worst delay while a million keys expire at once, ms', atMost: 6 },
  { of: 'expiringGcMs', scenario: 'of which the longest pause of the collector, ms' },
  { of: 'idleMs', scenario: 'worst delay of a loop without a store, ms' },
  { of: 'bytesLeft', scenario: 'bytes a key that are left afterwards', atMost: 0.5 },
]

/** Lives through it in fresh processes, one after the other. */
export async function benchMemory(): Promise<Result> {
  const lives: Life[] = []
  for (let round = 0; round < rounds; round++) lives.push(await liveOnce())
  const rows = figures.map(({ of, scenario }) =>
    rowOf(
      scenario,
      lives.map((life) => life[of]),
    ),
  )
  const claims = figures.flatMap(({ scenario, atMost }, at): Claim[] =>
    atMost === undefined ? [] : [{ text: `${scenario}, median`, measured: rows[at]!.median, atMost }],
  )
  return { unit: 'bytes and milliseconds', rounds, versions: versionsOf('@sluice/core'), rows, claims }
}

async function liveOnce(): Promise<Life> {
  const script = fileURLToPath(new URL('life.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script])
  return JSON.parse(stdout) as Life
}

function rowOf(scenario: string, values: readonly number[]): Row {
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((value) => rounded(value, 2))
  return { scenario, contender: 'sluice', median: middle!, min: min!, max: max!, ratio: null }
}
