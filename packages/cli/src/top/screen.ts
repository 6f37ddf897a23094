/** One look at running processes, as text: the sentence first, then the limits, the keys that are refused most, and the health. */
import type { LiveState } from '@sluice/dashboard'
import { counted, percent } from '../counted.ts'
import { printable } from '../escape.ts'
import { table } from '../table.ts'

/** How the terminal looks. */
export interface Look {
  readonly columns: number
  readonly hasColours: boolean
}

const mostRows = 10

/** The text of a state, at most as wide as the terminal. */
export function screenOf(state: LiveState, { columns, hasColours }: Look): string {
  const { processes, limits, keys, refusals } = state
  if (processes === 0)
    return 'No process publishes its figures. Give createLiveView `shared: redisLive(client)`, and the prefix if it has one.'
  const red = (text: string): string => (hasColours ? `\u001b[31m${text}\u001b[39m` : text)
  const busiest = [...limits].sort((a, b) => b.refused - a.refused || b.admitted - a.admitted).slice(0, mostRows)
  const limitRows = busiest.map(({ name, admitted, refused, near, shadow }) => [
    name,
    rate(admitted),
    rate(refused),
    shareOf(refused, admitted + refused),
    shareOf(near, admitted + refused),
    rate(shadow),
  ])
  const keyRows = keys.slice(0, mostRows).map(({ label, limit, count, share }) => [label, printable(limit), counted(count), percent(share)])
  const widest = Math.max(12, columns - 54)
  const parts = [
    headingOf(state),
    troublesOf(state).map(red).join('\n'),
    table(['limit', 'admitted/s', 'refused/s', 'refused', 'near', 'shadow/s'], limitRows, widest),
    keyRows.length === 0 ? '' : table([`refused most, of ${counted(refusals)}`, 'limit', 'refusals', 'of all'], keyRows, widest),
    healthOf(state),
  ]
  return parts
    .filter((part) => part !== '')
    .join('\n\n')
    .split('\n')
    .map((line) => (line.includes('\u001b') ? line : line.slice(0, columns)))
    .join('\n')
}

function headingOf({ decisions, refused, processes }: LiveState): string {
  const who = processes === 1 ? '1 process' : `${counted(processes)} processes`
  return `${who}: ${rate(decisions)} decisions a second, ${shareOf(refused, decisions)} refused.`
}

function troublesOf({ outages, alone, faults, atMs }: LiveState): readonly string[] {
  return [
    ...(alone === null ? [] : [`Redis does not say more: ${printable(alone)}`]),
    ...outages.map(({ provider, code, reason, sinceMs }) => {
      const what = provider === null ? 'The store' : `The store of ${printable(provider)}`
      return `${what} does not answer, for ${counted(Math.ceil((atMs - sinceMs) / 1000))} s: ${printable(reason)} (${printable(code)})`
    }),
    ...faults.map(
      ({ code, limit, count }) => `${printable(code)}${limit === null ? '' : ` of ${printable(limit)}`}: ${counted(count)} times`,
    ),
  ]
}

function healthOf({ storeCalls, p50Ms, p99Ms, cached, local, callsInRoundTrip, providers }: LiveState): string {
  const calls = storeCalls === 0 ? '' : `store: half within ${p50Ms?.toFixed(1)} ms, 99 % within ${p99Ms?.toFixed(1)} ms`
  const together = callsInRoundTrip === null ? '' : `${rate(callsInRoundTrip)} calls in a round trip`
  const rest = [`remembered refusals ${rate(cached)}/s`, `local decisions ${rate(local)}/s`]
  const lines = providers.map(
    ({ name, waiting, inFlight, sent, refused, limited }) =>
      `${printable(name)}: ${counted(waiting)} wait, ${counted(inFlight)} in flight; of the last minute ${counted(sent)} sent, ${counted(refused)} turned away, ${counted(limited)} limited`,
  )
  return [calls, [together, ...rest].filter((text) => text !== '').join(' · '), ...lines].filter((text) => text !== '').join('\n')
}

/** A rate that is not nothing is never 0. */
function rate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return '< 0.1'
  return perSecond >= 10 || perSecond === 0 ? counted(Math.round(perSecond)) : perSecond.toFixed(1)
}

function shareOf(part: number, whole: number): string {
  return percent(whole === 0 ? 0 : part / whole)
}
