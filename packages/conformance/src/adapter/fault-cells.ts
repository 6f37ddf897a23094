/** The fault matrix: what may go wrong in which stage of a request, and how the request ends. */
import type { AdapterUnderTest } from './adapter-under-test.ts'
import { pairwise, type Row } from './pairwise.ts'

/** The stage in which something goes wrong: limits by address, limits with a key, a limiter of the application. */
export const stages = [1, 2, 3] as const

/** What goes wrong there. A function that never answers is ended by the client alone; one that times out, by `functionTimeout`. */
export const failures = [
  'function throws',
  'function rejects',
  'function never answers',
  'function answers after the client has gone',
  'function times out',
  'function times out after the client has gone',
  'store late',
  'store down',
] as const

/** How the request ends. */
export const endings = ['reset', 'abort during upload', 'abort during response', 'handler throws', 'hijack'] as const

/** One case of the matrix. */
export interface FaultCell {
  readonly stage: (typeof stages)[number]
  readonly failure: (typeof failures)[number]
  readonly ending: (typeof endings)[number]
  /** The name of a store. */
  readonly store: string
}

/** Every cell, whether it makes sense or not. */
export function allCells(storeNames: readonly string[]): readonly FaultCell[] {
  return storeNames.flatMap((store) =>
    endings.flatMap((ending) => failures.flatMap((failure) => stages.map((stage) => ({ stage, failure, ending, store })))),
  )
}

/** Few cells, in which every two values meet that can. The same each time. */
export function someCells(adapter: AdapterUnderTest, storeNames: readonly string[]): readonly FaultCell[] {
  const cellOf = ([a, b, c, d]: Row): FaultCell => ({
    stage: stages[a!]!,
    failure: failures[b!]!,
    ending: endings[c!]!,
    store: storeNames[d!]!,
  })
  const sizes = [stages.length, failures.length, endings.length, storeNames.length]
  return pairwise(sizes, (row) => nonsense(adapter, cellOf(row)) === null).map(cellOf)
}

/** One cell for each way in which a request ends: what fails there differs from cell to cell. */
export function oneCellForEachEnding(adapter: AdapterUnderTest, store: string): readonly FaultCell[] {
  const cells = someCells(adapter, [store])
  return endings.flatMap((ending, i) => {
    const those = cells.filter((cell) => cell.ending === ending)
    return those.length === 0 ? [] : [those[i % those.length]!]
  })
}

/** Why a cell makes no sense; `null` where it does. */
export function nonsense({ stagesBeforeBody = 3 }: AdapterUnderTest, { stage, failure, ending }: FaultCell): string | null {
  const needsHandler = ending !== 'reset' && ending !== 'abort during upload'
  if (failure === 'function never answers' && needsHandler) return 'no handler is reached, so that the client ends the request'
  if (happensAfterTheClient(failure) && ending === 'abort during response') return 'the client has gone before there is a response'
  if (ending === 'abort during upload' && stage > stagesBeforeBody) return 'the stage is decided when the body is there'
  return null
}

/** Whether the client goes before the function has answered, or its time is over. */
export function happensAfterTheClient(failure: FaultCell['failure']): boolean {
  return failure === 'function answers after the client has gone' || failure === 'function times out after the client has gone'
}

/** Whether the function has a short `functionTimeout`, and never answers. */
export function timesOut(failure: FaultCell['failure']): boolean {
  return failure === 'function times out' || failure === 'function times out after the client has gone'
}

/** A cell in words. */
export function nameOf({ stage, failure, ending }: FaultCell): string {
  return `stage ${stage}, ${failure}, ${ending}`
}
