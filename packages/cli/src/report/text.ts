/** The report of a simulation in a terminal. */

import { counted, percent } from '../counted.ts'
import { printable } from '../escape.ts'
import { columnsOf, type Output } from '../io.ts'
import type { LimitResult, SimulationResult, Suggestion } from '../simulation-result.ts'
import { table } from '../table.ts'
import { plot } from './plot.ts'

/** The whole report, answer first. */
export function textReport(result: SimulationResult, output: Output, colours: boolean): string {
  const width = columnsOf(output)
  const bold = (text: string): string => (colours ? `\u001b[1m${text}\u001b[22m` : text)
  const widest = Math.max(20, width - 30)
  const { limits, refusedRoutes, busiestRoutes, suggestions = [], suggestFor = 0 } = result
  return [
    bold(headline(result)),
    ...notes(result),
    plot(result.steps, width, colours),
    table(['limit', 'counted by', 'applied', 'refused', 'share'], limits.map(limitRow), widest),
    ...limits.flatMap((limit) => keysOf(limit, widest)),
    ...(refusedRoutes.length === 0 ? [] : [table(['refused routes', 'refused'], refusedRoutes.map(rowOf), widest)]),
    table(['busiest routes', 'requests'], busiestRoutes.map(rowOf), widest),
    ...suggestions.map((suggestion) => suggested(suggestion, suggestFor)),
  ].join('\n\n')
}

/** The answer in one sentence. */
export function headline({ requests, refused, policyVersion, log }: SimulationResult): string {
  const hours = Math.max(1, Math.round((Date.parse(log.to) - Date.parse(log.from)) / 60_000))
  return `Version ${policyVersion} would have refused ${counted(refused)} of ${counted(requests)} requests in ${counted(hours)} min (${percent(refused / requests)}).`
}

/** What a reader must know before the figures. */
export function notes({ log, leftOut, limits }: SimulationResult): readonly string[] {
  const { unreadable, late, stopped, examples } = log
  return [
    ...(stopped === null ? [] : [`The log was read in part: ${printable(stopped)}.`]),
    ...(unreadable === 0
      ? []
      : [
          `${counted(unreadable)} of ${counted(log.lines)} lines are no requests, such as:\n${examples.map((line) => `  ${line === '' ? '(an empty or very long line)' : line}`).join('\n')}`,
        ]),
    ...(late === 0 ? [] : [`${counted(late)} lines were more than 60 s out of order, and were left out.`]),
    ...limits
      .filter(({ applied }) => applied === 0)
      .map(({ name, countedBy }) => `${printable(name)}: it applies to no line, because none has ${printable(countedBy, 60)}.`),
    ...leftOut.map(({ name, reason }) => `${printable(name)}: ${reason}.`),
  ]
}

function limitRow({ name, countedBy, applied, refused, shadow }: LimitResult): readonly string[] {
  return [
    shadow ? `${name} (measured only)` : name,
    printable(countedBy, 30),
    counted(applied),
    counted(refused),
    percent(applied === 0 ? 0 : refused / applied),
  ]
}

function keysOf({ name, refusedKeys, busiestKeys, keysMissed }: LimitResult, widest: number): readonly string[] {
  const note = keysMissed === 0 ? '' : `\nThere are many keys: each count may be up to ${counted(keysMissed)} too low.`
  return [
    ...(refusedKeys.length === 0 ? [] : [table([`${name}: most refused`, 'refused'], refusedKeys.map(rowOf), widest)]),
    `${table([`${name}: busiest`, 'requests'], busiestKeys.map(rowOf), widest)}${note}`,
  ]
}

function rowOf({ name, count }: { readonly name: string; readonly count: number }): readonly string[] {
  return [name, counted(count)]
}

function suggested({ limit, capacity, candidates }: Suggestion, share: number): string {
  const answer =
    capacity === null
      ? `Every capacity that was tried refuses more than ${percent(share)}. Raise the capacity in the policy and try again.`
      : `The smallest capacity that refuses at most ${percent(share)} is ${counted(capacity)}.`
  const rows = candidates.map((one) => [
    `${counted(one.capacity)}${one.capacity === capacity ? ' <-' : ''}`,
    counted(one.refused),
    percent(one.share),
  ])
  return `${printable(limit)} by itself. ${answer}\n\n${table(['capacity', 'refused', 'share'], rows)}`
}
