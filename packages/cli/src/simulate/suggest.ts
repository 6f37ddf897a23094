/** `--suggest 1%`: twelve capacities of each limit, each tried alone on the same log. */
import { createLimiter, type Limit, memoryStore } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { type PolicyDocument, parsePolicy } from '@sluice/policy'
import { wrongArguments } from '../command.ts'
import type { LogRequest } from '../log/request-reader.ts'
import type { Suggestion } from '../simulation-result.ts'

/** The grid: parts and multiples of the capacity that the policy has. */
const factors = [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 1.5, 2, 3, 4, 8, 16, 32]

/** The share of `--suggest`: `1%` is 0.01. @throws SluiceError `SLUICE_ARGUMENTS` */
export function shareOfText(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? []
  const share = Number(number) / 100
  if (!(share >= 0 && share < 1))
    throw wrongArguments('simulate', `--suggest takes a percentage from 0% to below 100%, such as 1%, and not ${text}`)
  return share
}

/** Tries the grids of all limits while the log is read once. */
export interface Suggesting {
  add(request: LogRequest): void
  suggestions(share: number): readonly Suggestion[]
}

/** @param limits - in the order of the keys of each request; a share has no capacity of its own and is not tried */
export function suggesting(document: PolicyDocument, limits: readonly Limit<LogRequest, 'sync'>[]): Suggesting {
  const clock = manualClock(0)
  const trials = limits.flatMap((limit) => {
    const candidates = capacitiesOf(document, limit.name).map(({ capacity, rule }) => {
      const one = { ...limit, rule, initial: undefined, shadow: false } as Limit<LogRequest, 'sync'>
      return { capacity, refused: 0, limiter: createLimiter<LogRequest>({ limits: [one], store: memoryStore({ clock }) }) }
    })
    return candidates.length === 0 ? [] : [{ limit, applied: 0, candidates }]
  })
  let nowMs = 0
  return {
    add(request) {
      nowMs = Math.max(nowMs, request.timeMs)
      clock.setMs(nowMs)
      for (const trial of trials) {
        if (typeof trial.limit.by(request) === 'symbol') continue
        trial.applied++
        for (const candidate of trial.candidates) if (!candidate.limiter.consume(request).allowed) candidate.refused++
      }
    },
    suggestions: (share) =>
      trials.map(({ limit, applied, candidates }) => {
        const tried = candidates.map(({ capacity, refused }) => ({ capacity, refused, share: applied === 0 ? 0 : refused / applied }))
        return { limit: limit.name, applied, capacity: tried.find((one) => one.share <= share)?.capacity ?? null, candidates: tried }
      }),
  }
}

/** The numbers of a rule that make its capacity. */
type Numbers = Readonly<Record<string, unknown>>

/** The rules of the grid. One that the core refuses, such as a cost above the capacity, is left out. */
function capacitiesOf(document: PolicyDocument, name: string): readonly { readonly capacity: number; readonly rule: unknown }[] {
  const written = document.limits[name]?.rule
  if (typeof written !== 'object') return []
  const [[kind, numbers]] = Object.entries(written) as [[string, Numbers]]
  // The capacity of a burst is twice its refill, which is the number to choose.
  const member = kind === 'burstMax' ? 'refill' : 'capacity'
  const now = numbers[member]
  if (typeof now !== 'number' || now === 0) return []
  const cost = document.limits[name]?.cost ?? 1
  const capacities = [...new Set(factors.map((factor) => Math.max(1, Math.round(now * factor))))].filter((capacity) => capacity >= cost)
  return capacities.flatMap((capacity) => {
    const rule = ruleWith(kind, { ...numbers, [member]: capacity, ...burstOf(kind, numbers, capacity / now) })
    return rule === undefined ? [] : [{ capacity, rule }]
  })
}

function burstOf(kind: string, { capacity }: Numbers, factor: number): Numbers {
  return kind === 'burstMax' && typeof capacity === 'number' ? { capacity: Math.round(capacity * factor) } : {}
}

function ruleWith(kind: string, numbers: Numbers): unknown {
  try {
    return parsePolicy(JSON.stringify({ version: '1', limits: { one: { rule: { [kind]: numbers } } } })).rules.get('one')
  } catch {
    return undefined
  }
}
