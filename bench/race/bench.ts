/** The race: ways to pace the calls of a trace to a provider, beside each other, in virtual time. */
import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rounded } from '../interleave.ts'
import { startServer } from '../redis/server.ts'
import type { Claim, Result } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { optionsOf, usualQuota } from './options.ts'
import { exactWaits } from './oracle.ts'
import { writePage } from './page.ts'
import { eachAttempt, inThree, peerNames, retriesAlone } from './peers.ts'
import { plot } from './plot.ts'
import type { Quota } from './provider.ts'
import type { RaceOutcome } from './race.ts'
import type { RaceTask } from './run-race.ts'
import { exactMirror, type Run, rowOf, seconds, waitAt } from './runs.ts'
import { generatedTrace, readTrace, type TracedCall } from './trace.ts'

interface Scenario extends Pick<RaceTask, 'quota' | 'phaseMs' | 'unknownOutput'> {
  readonly name: string
  readonly contenders: readonly string[]
}

const roomyQuota: Quota = { requests: 650, tokens: 1_400_000 }
/** What is reserved for an output that is not known. */
const mostOutput = 2000
/** `transit` of a provider, unless it says otherwise. */
const transitMs = 250
const seed = 1

/** Of the peers, the one with the fewest 429s. It runs in other ways and scenarios too. */
const bestPeer = 'p-throttle'
const alone = 'sluice'
const three = 'sluice, 3 processes'
const oracle = 'exact mirror, calculated'

/** @param args - of the command line */
export async function benchRace(args: readonly string[]): Promise<Result> {
  const { trace: file, html, requests, tokens } = optionsOf(args)
  const trace = file === undefined ? generatedTrace() : readTrace(file)
  const quota = { requests, tokens }
  const runs = await runAll(scenariosOf(quota), trace, file)
  const sliding = runs.filter(({ scenario }) => scenario === 'sliding window')
  console.log(plot(trace, sliding))
  if (html !== undefined) writePage(html, { trace, runs: sliding, title: titleOf(file, trace.length, quota) })
  return {
    ...(file === undefined ? {} : { name: `race ${basename(file).replace(/\.\w+$/, '')}` }),
    unit: `${titleOf(file, trace.length, quota)}; waits in seconds`,
    versions: versionsOf('@sluice/egress', ...peerNames, 'ioredis'),
    rows: runs.map((run) => rowOf(run)),
    claims: claimsOf(runs, trace.length),
  }
}

function titleOf(file: string | undefined, calls: number, { requests, tokens }: Quota): string {
  const trace = file === undefined ? 'a generated trace' : basename(file)
  return `${calls} calls of ${trace}, ${requests} requests and ${tokens} tokens a minute`
}

function scenariosOf(quota: Quota): Scenario[] {
  const all = [retriesAlone, ...peerNames, alone, three]
  const best = [bestPeer, alone, three]
  const fixed = [13, 29, 47].map((phase) => ({ name: `fixed windows from ${phase} s`, quota, phaseMs: phase * 1000, contenders: best }))
  const ways = [`${bestPeer}${eachAttempt}`, `${bestPeer}${inThree}`]
  const first = [{ name: 'sliding window', quota, contenders: [...all, ...ways] }, ...fixed]
  if (quota.requests !== usualQuota.requests || quota.tokens !== usualQuota.tokens) return first
  return [
    ...first,
    { name: 'roomy quota', quota: roomyQuota, contenders: all },
    { name: 'output unknown', quota, unknownOutput: mostOutput, contenders: ['limiter', 'effect', alone, three] },
  ]
}

/** Runs one contender after the other, each in a process of its own. */
async function runAll(scenarios: readonly Scenario[], calls: readonly TracedCall[], trace: string | undefined): Promise<Run[]> {
  const server = await startServer()
  const runs: Run[] = []
  try {
    for (const { name: scenario, contenders, ...rest } of scenarios) {
      for (const contender of contenders) {
        console.error(`${scenario}: ${contender}`)
        runs.push({ scenario, contender, outcome: await runProcess({ ...rest, contender, trace, redisPort: server.port, seed }) })
      }
      if (rest.unknownOutput !== undefined) continue
      runs.push({ scenario, contender: oracle, outcome: exactMirror(calls, exactWaits(calls, rest.quota, transitMs)) })
    }
  } finally {
    server.stop()
  }
  return runs
}

async function runProcess(task: RaceTask): Promise<RaceOutcome> {
  const script = fileURLToPath(new URL('./run-race.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], { maxBuffer: 2 ** 28 })
  return JSON.parse(stdout) as RaceOutcome
}

function claimsOf(runs: readonly Run[], calls: number): Claim[] {
  const outcomeOf = (scenario: string, contender: string): RaceOutcome | undefined =>
    runs.find((run) => run.scenario === scenario && run.contender === contender)?.outcome
  const known = outcomeOf('sliding window', three)!
  const exact = outcomeOf('sliding window', oracle)!
  const windows = runs.filter(({ scenario, contender }) => contender === three && /window/.test(scenario)).map(({ outcome }) => outcome)
  const sum = (of: (outcome: RaceOutcome) => number): number => windows.reduce((total, outcome) => total + of(outcome), 0)
  const ratio = (a: RaceOutcome, b: RaceOutcome, part: number): number => rounded(waitAt(a, part) / waitAt(b, part), 3)
  const questions = (outcome: RaceOutcome): number => rounded(outcome.questions / calls, 2)
  const claims: Claim[] = [
    { text: '429s in 3 processes, over sliding and fixed windows', measured: sum(({ limited }) => limited), atMost: 0 },
    { text: 'failed calls in 3 processes, over sliding and fixed windows', measured: sum(({ failed }) => failed), atMost: 0 },
    { text: 'p50 wait in 3 processes to that of an exact mirror', measured: ratio(known, exact, 0.5), atMost: 1.03 },
    { text: 'p99 wait in 3 processes to that of an exact mirror', measured: ratio(known, exact, 0.99), atMost: 1.02 },
    { text: 'calls to Redis of a call with known tokens', measured: questions(known), atMost: 1.05 },
  ]
  const roomy = outcomeOf('roomy quota', three)
  const unknown = outcomeOf('output unknown', three)
  if (roomy === undefined || unknown === undefined) return claims
  return [
    ...claims,
    { text: 'p99 wait in 3 processes with a roomy quota, s', measured: seconds(waitAt(roomy, 0.99)), atMost: 4.3 },
    { text: '429s in 3 processes, output unknown', measured: unknown.limited, atMost: 0 },
    { text: 'p50 wait in 3 processes, output unknown to known', measured: ratio(unknown, known, 0.5), atMost: 1.08 },
    { text: 'calls to Redis of a call with unknown output', measured: questions(unknown), atMost: 1.6 },
  ]
}
