/** Calls as the scripts take them: keys, and opcodes with their costs. lua/calls.lua says what they consist of. */
import type { Call, LimitFacts, Terms } from '@sluice/core'
import { allowsPartialGrant } from '@sluice/core/internal'
import type { BucketKeys } from '../keys/bucket-key.ts'
import { followsCalendar } from '../kinds/calendar-window.ts'
import { slotsRule } from '../kinds/concurrency.ts'
import { guaranteedRule, parentAmong, recordKey } from '../kinds/guaranteed.ts'
import { writeTerms } from './terms-text.ts'

/** What is sent in one request. */
export interface Request {
  readonly keys: string[]
  /** The different terms of all calls. */
  readonly terms: string[]
  /** For each call its opcode, its costs, the name of its leases if it can take any, and the parents of its guaranteed shares. */
  readonly args: string[]
  /** Terms that follow a calendar. */
  readonly byCalendar: Terms[]
}

/** A call, and what its leases are called if it takes any. */
export interface NamedCall {
  readonly call: Omit<Call, 'undo'>
  readonly leaseName: string
}

export function emptyRequest(): Request {
  return { keys: [], terms: [], args: [], byCalendar: [] }
}

/** What the scripts that decide get after the clock. */
export function argsOf({ terms, args }: Request): string[] {
  return [String(terms.length), ...terms, ...args]
}

const actions = { consume: 'c', peek: 'p', reserve: 'r' } as const
const consumeUpTo = 'u'
const keeps = { keepUsed: 'u', keepRemaining: 'r', proportional: 'p', reset: 'f' } as const

/** Adds a call. @throws SluiceError `SLUICE_RULE`, before anything is added */
export function addCall(request: Request, { call, leaseName }: NamedCall, bucketKeys: BucketKeys): void {
  const { charges } = call
  for (const { terms, limit } of charges) writeTerms(terms, limit.name)
  const hasKeysBeside = addOpcode(request, call, bucketKeys)
  if (allowsPartialGrant(call)) request.args.push(charges.map(({ upTo = '-' }) => upTo).join())
  for (const { cost } of charges) request.args.push(String(cost))
  if (hasKeysBeside) addKeysBeside(request, call, leaseName, bucketKeys)
}

/** Adds the opcode of a call and the keys of its buckets. @returns whether it has more keys than these */
function addOpcode({ keys, terms, args, byCalendar }: Request, call: Omit<Call, 'undo'>, bucketKeys: BucketKeys): boolean {
  const { action, migrate, charges } = call
  let opcode: string = (allowsPartialGrant(call) ? consumeUpTo : actions[action]) + keeps[migrate]
  let hasKeysBeside = false
  for (const { limit, key, terms: own } of charges) {
    if (followsCalendar(own)) byCalendar.push(own)
    else if (slotsRule(own) !== undefined || guaranteedRule(own) !== undefined) hasKeysBeside = true
    keys.push(bucketKeys.bucket(limit, key))
    opcode += callCode(modeOf(limit), indexIn(terms, writeTerms(own, limit.name)))
  }
  args.push(opcode)
  return hasKeysBeside
}

/** Adds the keys beside the buckets, and what the script must know of them. */
function addKeysBeside({ keys, args }: Request, { charges }: Omit<Call, 'undo'>, leaseName: string, bucketKeys: BucketKeys): void {
  for (const charge of charges) {
    if (slotsRule(charge.terms) !== undefined) keys.push(bucketKeys.slots(charge.limit, charge.key))
    if (guaranteedRule(charge.terms) !== undefined) keys.push(recordKey(charge, charges, bucketKeys))
  }
  if (charges.some(({ terms }) => slotsRule(terms) !== undefined)) args.push(leaseName)
  for (const charge of charges) {
    if (guaranteedRule(charge.terms) !== undefined) args.push(String(parentAmong(charge, charges) + 1))
  }
}

/** 1 for a shadow, plus 2 for a limit that a reservation pays when it is settled. */
function modeOf({ shadow, debit }: LimitFacts): number {
  return (shadow ? 1 : 0) + (debit === 'after' ? 2 : 0)
}

/** The index of a text in the list, to which it is added if it is new. */
function indexIn(terms: string[], text: string): number {
  const known = terms.indexOf(text)
  return known >= 0 ? known : terms.push(text) - 1
}

/** Two digits from '0' on: the first for the mode, of four, and the higher digit of the index; the second for the lower digit. */
function callCode(mode: number, index: number): string {
  const lower = index % termsPerPage
  return String.fromCharCode(zero + mode + (modes * (index - lower)) / termsPerPage, zero + lower)
}

const zero = 48
const modes = 4
const termsPerPage = 79
