/** Taking what there is: what a call says that can do with less than it would like, and what it is told. */

import type { Decision } from '../decision.ts'
import { SLUICE_OPTION_TYPE } from '../errors.ts'
import { checkOptions } from '../options.ts'
import { shareKind } from '../rules/share/share.ts'
import { SluiceError, withText } from '../sluice-error.ts'
import type { Charge, Verdict } from '../store.ts'
import { wholeNumber } from '../whole-number.ts'
import type { Signal } from './call-options.ts'
import type { CompiledLimit, Policy } from './policy.ts'

/** Options of `consumeUpTo`. It cannot extend earlier reservations, because the units to give back are not known beforehand. */
export interface UpToOptions {
  /** The most units to take. Whole, from 1. */
  readonly atMost: number
  /** The fewest units to take: the call is refused if fewer remain. Whole, from 1 to `atMost`. @default 1 */
  readonly atLeast?: number | undefined
  /** Units by limit name, for limits that take a fixed cost whatever is granted. @default none */
  readonly cost?: Readonly<Record<string, number>> | undefined
  /** Ends the wait; a call in flight stays charged. */
  readonly signal?: Signal | undefined
}

/** The answer to `consumeUpTo`: the decision, and `granted`, the units taken. A refusal grants 0. */
export type Grant = Decision & { readonly granted: number }

/** The options themselves. @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_TYPE` */
export function checkUpTo(options: UpToOptions): UpToOptions {
  return withText('fixed', () => checked(options))
}

function checked(options: UpToOptions): UpToOptions {
  // Without types they may be left out, and a cost be one number, as `consume` takes it.
  wholeNumber((options as Partial<UpToOptions> | undefined)?.atMost, 'atMost', 1)
  if (typeof options.cost === 'number')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'cost', wanted: 'units by limit name', value: options.cost })
  checkOptions(options, 'consumeUpTo', ['atMost', 'atLeast', 'cost', 'signal'])
  if (options.atLeast !== undefined) wholeNumber(options.atLeast, 'atLeast', 1, options.atMost)
  return options
}

/** The charges of a call that can do with less. */
export function chargesUpTo<C>(charges: readonly Charge[], { byName }: Policy<C>, options: UpToOptions): Charge[] {
  const { atMost, atLeast = 1 } = options
  return charges.map((charge) =>
    gives(byName.get(charge.limit.name)!, byName, options) ? { ...charge, cost: atLeast, upTo: atMost } : charge,
  )
}

/** What was granted. Where no limit had a say in it, that is everything. */
export function grantOf<C>(verdict: Verdict, decision: Decision, { byName }: Policy<C>, options: UpToOptions): Grant {
  if (!decision.allowed) return { ...decision, granted: 0 }
  const giving = verdict.limits.find(({ name }) => gives(byName.get(name)!, byName, options))
  return { ...decision, granted: giving?.cost ?? options.atMost }
}

/** Whether a limit is one that more or less is taken of. A share beside its parent costs what the parent costs. */
function gives<C>({ share, facts, definition }: CompiledLimit<C>, byName: Policy<C>['byName'], options: UpToOptions): boolean {
  if (share?.[shareKind].besideParent === true) return gives(byName.get(share.parent)!, byName, options)
  const { cost } = options
  return definition.cost === undefined && (cost === undefined || !Object.hasOwn(cost, facts.name))
}
