/** A race on the terminal: a bar for each minute. */
import { countBy, type Run, waitingBy } from './runs.ts'
import type { TracedCall } from './trace.ts'

const bars = ' ▁▂▃▄▅▆▇█'
const minuteMs = 60_000

/** What arrived, and for each contender what it sent, what waited and what was refused, by the minute. */
export function plot(trace: readonly TracedCall[], runs: readonly Run[]): string {
  const minutes = Math.ceil(Math.max(...runs.map(({ outcome }) => outcome.overMs)) / minuteMs)
  const by = (moments: readonly number[]): number[] => countBy(minuteMs, minutes, moments)
  const arrived = by(trace.map(({ atMs }) => atMs))
  const most = Math.max(...arrived)
  const contenders = runs.map(({ contender, outcome }) => ({
    contender,
    sent: by(outcome.sentMs.map(([, ms]) => ms)),
    waiting: waitingBy(minuteMs, minutes, outcome),
    limited: by(outcome.limitedAtMs),
  }))
  const mostWaiting = Math.max(...contenders.flatMap(({ waiting }) => waiting))
  const mostLimited = Math.max(...contenders.flatMap(({ limited }) => limited))
  const name = Math.max(...contenders.map(({ contender }) => contender.length))
  const line = (contender: string, what: string, counts: readonly number[], full: number): string =>
    `${contender.padEnd(name)}  ${what.padEnd(8)}${counts.map((count) => bar(count, full)).join('')}  ${Math.max(...counts)}`
  return [
    `\nBy the minute; a full bar is ${most} calls, ${mostWaiting} that wait, or ${mostLimited} 429s. The number is the highest of its line.\n`,
    line('', 'arrived', arrived, most),
    ...contenders.flatMap(({ contender, sent, waiting, limited }) => [
      line(contender, 'sent', sent, most),
      line('', 'waiting', waiting, mostWaiting),
      line('', '429s', limited, mostLimited),
    ]),
  ].join('\n')
}

/** What is more than nothing has a bar. */
function bar(count: number, full: number): string {
  return bars[count === 0 ? 0 : Math.max(1, Math.round((count / full) * (bars.length - 1)))]!
}
