/** A model of several processes that remember the refusals of one bucket, while requests and replies take their time. */
import { type Call, type LimitFacts, type Micros, type Terms, tokenBucket } from '@sluice/core'
import { type BucketState, bucketKind } from '@sluice/core/internal'
import { bucketKeys } from '../src/keys/bucket-key.ts'
import { type RememberedRefusals, rememberedRefusals } from '../src/refusals/remembered-refusals.ts'

/** What happens next. Each process sends its requests in order, and they are decided and answered in that order. */
export type ModelStep =
  | { readonly do: 'wait'; readonly us: Micros }
  | { readonly do: 'ask'; readonly process: number; readonly cost: number }
  | { readonly do: 'refund'; readonly process: number; readonly cost: number }
  | { readonly do: 'decide' | 'reply'; readonly process: number }

/** Changes what a process remembers, to see whether the model notices. */
export type Variant = (own: RememberedRefusals) => RememberedRefusals

interface Request {
  readonly cost: number
  readonly refunds: boolean
  readonly sentUs: Micros
  /** How the bucket stood after it; `undefined` until it is decided. */
  decided?: { readonly admits: boolean; readonly state: BucketState; readonly atUs: Micros }
}

const keys = bucketKeys('', 'model', false)
const rule = tokenBucket({ capacity: 5, per: '1s' })
const terms: Terms = { rule, initial: rule.capacity, version: 0 }
const limit: LimitFacts = { name: 'all', shadow: false, disclose: true, nearAt: 1, debit: 'before', parent: null }
const bucket = keys.bucket(limit, 'a')
const { decide, advance, describe, giveBack } = bucketKind(rule)
/** The server's clock is ahead of those of the processes. */
const aheadUs = 1_000_000_000

/** Why a remembered refusal was wrong, and how many there were. */
export interface Findings {
  readonly wrong: readonly string[]
  readonly refusals: number
}

/** Runs the steps. */
export function runModel(processes: number, steps: readonly ModelStep[], variant: Variant): Findings {
  let nowUs: Micros = 1000
  let state: BucketState | undefined
  let chargedUs = 0
  // The latest gift of each process, as the bucket got it.
  const gifts = Array.from({ length: processes }, () => Number.NEGATIVE_INFINITY)
  const inFlight = Array.from({ length: processes }, (): Request[] => [])
  const memories = Array.from({ length: processes }, () => variant(rememberedRefusals(keys, () => nowUs)))
  const wrong: string[] = []
  let refusals = 0

  function atServer(request: Request, process: number): void {
    const now = aheadUs + nowUs
    const step = decide(state, now, request.refunds ? 0 : request.cost, rule, rule.capacity)
    state = request.refunds ? giveBack(step.before, request.cost * rule.scale, rule) : step.after
    if (request.refunds) gifts[process] = nowUs
    if (!request.refunds && step.admits) chargedUs = nowUs
    request.decided = { admits: step.admits, state, atUs: now }
  }

  function replied(process: number): void {
    const requests = inFlight[process]!
    const [first] = requests
    if (first?.decided === undefined) return
    requests.shift()
    const { refunds, cost, sentUs, decided } = first
    const row = { ...decided, blockedUs: 0, terms, retryUs: 0, epoch: 0, replaced: undefined }
    if (refunds) memories[process]!.forget([bucket])
    else memories[process]!.learn([{ limit, key: 'a', terms, cost }], [row], decided.atUs, { sentUs, receivedUs: nowUs })
  }

  /** A refusal is right if the bucket would refuse now. Only what another process gave back in the last 250 ms may be unknown. */
  function check(process: number, cost: number, retryAfterMs: number | null): void {
    refusals += 1
    const now = aheadUs + nowUs
    const current = state === undefined ? undefined : advance(state, now, rule)
    const retryUs = current === undefined ? 0 : describe(current, now, cost, rule).retryUs
    const isExcused = gifts.some((giftUs, by) => by !== process && nowUs - giftUs < 250_000)
    if (isExcused) return
    if (retryUs === 0) wrong.push(`process ${process} refuses ${cost} at ${nowUs}, which the bucket admits`)
    else if (retryUs === null ? retryAfterMs !== null : chargedUs < nowUs - 250_000 && retryAfterMs! < retryUs / 1000)
      wrong.push(`process ${process} says ${retryAfterMs} ms at ${nowUs}, and the bucket admits ${cost} in ${retryUs} us`)
  }

  for (const step of steps) {
    if (step.do === 'wait') nowUs += step.us
    else if (step.do === 'ask') {
      const { process, cost } = step
      const call: Call = { action: 'consume', charges: [{ limit, key: 'a', terms, cost }], undo: [], migrate: 'keepUsed' }
      const refusal = memories[process]!.answer(call)
      if (refusal === undefined) inFlight[process]!.push({ cost, refunds: false, sentUs: nowUs })
      else check(process, cost, refusal.limits[0]!.retryAfterMs)
    } else if (step.do === 'refund') {
      memories[step.process]!.forget([bucket])
      inFlight[step.process]!.push({ cost: step.cost, refunds: true, sentUs: nowUs })
    } else if (step.do === 'reply') replied(step.process)
    else {
      const next = inFlight[step.process]!.find(({ decided }) => decided === undefined)
      if (next !== undefined) atServer(next, step.process)
    }
  }
  return { wrong, refusals }
}
