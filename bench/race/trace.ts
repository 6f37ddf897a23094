/** The requests of a race: read from a file, or made from the statistics of a public trace. */
import { readFileSync } from 'node:fs'
import { seeded } from '../decide/keys.ts'

/** One call to a provider. */
export interface TracedCall {
  /** Milliseconds from the first call of the trace. */
  readonly atMs: number
  /** Tokens. */
  readonly input: number
  readonly output: number
}

/** Values at some parts of all values, from 0 to 1. */
type Quantiles = readonly (readonly [part: number, value: number])[]

/**
 * Statistics of the trace `code`, in which developers let a model complete code (Azure LLM inference traces of November 2023, "Splitwise",
 * ISCA 2024).
 */
const code: { readonly [statistic in 'callsOfMinute' | 'input' | 'output']: Quantiles } = {
  callsOfMinute: [
    [0, 15],
    [0.25, 60],
    [0.5, 130],
    [0.75, 285],
    [0.9, 421],
    [1, 632],
  ],
  input: [
    [0, 3],
    [0.1, 147],
    [0.25, 578],
    [0.5, 1469],
    [0.75, 2744],
    [0.9, 5186],
    [0.99, 7436],
    [1, 7437],
  ],
  output: [
    [0, 6],
    [0.1, 7],
    [0.25, 9],
    [0.5, 13],
    [0.75, 24],
    [0.9, 55],
    [0.99, 249],
    [1, 1899],
  ],
}
/** Minutes with calls, and without. */
const busyMinutes = 45
const idleMinutes = 13
/** Calls that come close together, and the mean gap between them in milliseconds. */
const burst = 12
const gapMs = 64

/** Of the first 150 seeds, the one whose waits behind an exact mirror are most like those of `code`: 146 s at p50, which has 126 s. */
const usualSeed = 6

/**
 * A trace with the statistics of the trace `code`: 8,575 calls in 58 minutes. The same seed makes the same trace.
 * @example
 * generatedTrace().length // 8575
 */
export function generatedTrace(seed: number = usualSeed): readonly TracedCall[] {
  const random = seeded(seed)
  const busy = Array.from({ length: busyMinutes }, (_, i) => Math.round(valueAt(code.callsOfMinute, (i + 0.5) / busyMinutes)))
  const minutes = shuffled([...busy, ...new Array<number>(idleMinutes).fill(0)], random)
  const times = minutes.flatMap((calls, minute) => timesOfMinute(minute, calls, random)).sort((a, b) => a - b)
  const startMs = times[0] ?? 0
  return times.map((atMs) => ({
    atMs: atMs - startMs,
    input: Math.round(valueAt(code.input, random())),
    output: Math.round(valueAt(code.output, random())),
  }))
}

/** Calls come in bursts, which begin at any time of the minute. */
function timesOfMinute(minute: number, calls: number, random: () => number): number[] {
  const times: number[] = []
  let atMs = 0
  for (let i = 0; i < calls; i++) {
    atMs = i % burst === 0 ? (minute + random()) * 60_000 : atMs - Math.log(1 - random()) * gapMs
    times.push(atMs)
  }
  return times
}

/** The value that a part of all values is below, straight between the known ones. */
function valueAt(quantiles: Quantiles, part: number): number {
  const at = Math.max(
    1,
    quantiles.findIndex(([known]) => known >= part),
  )
  const [[from, low], [to, high]] = [quantiles[at - 1]!, quantiles[at]!]
  return low + ((part - from) / (to - from)) * (high - low)
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const order = values.map((value) => [random(), value] as const).sort(([a], [b]) => a - b)
  return order.map(([, value]) => value)
}

/**
 * Reads `timestamp,input,output` after a line of headings. Timestamps are dates, or seconds from any start.
 * @throws Error for a line that is none of that, by its number
 * @example
 * const calls = readTrace('AzureLLMInferenceTrace_code.csv') // 8819 calls
 */
export function readTrace(file: string): readonly TracedCall[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1)
  const calls = lines.map((line, i) => {
    const [time = '', input = '', output = ''] = line.split(',')
    const call = { atMs: millisOf(time), input: wholeOf(input), output: wholeOf(output) }
    if (Object.values(call).every((value) => Number.isFinite(value) && value >= 0)) return call
    throw new Error(`${file}, line ${i + 2}: ${line} is not timestamp,input,output`)
  })
  calls.sort((a, b) => a.atMs - b.atMs)
  const startMs = calls[0]?.atMs ?? 0
  return calls.map((call) => ({ ...call, atMs: call.atMs - startMs }))
}

function wholeOf(text: string): number {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN
}

/** `2023-11-16 18:17:03.9799600` has more digits than a `Date` keeps. */
function millisOf(time: string): number {
  if (/^\d+(\.\d+)?$/.test(time)) return Number(time) * 1000
  const [whole = '', fraction = '0'] = time.replace(' ', 'T').replace(/Z$/, '').split('.')
  return Date.parse(`${whole}Z`) + Number(`0.${fraction}`) * 1000
}
