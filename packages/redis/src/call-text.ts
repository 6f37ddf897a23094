/** Calls as the scripts take them: keys, and words with their costs. lua/deciding.lua says how they are made up. */
import type { Call, LimitFacts, Terms } from '@sluice/core'
import { mayGrow } from '@sluice/core/internal'
import type { BucketKeys } from './bucket-key.ts'
import { guaranteedRule, parentAmong, recordKey } from './guarantees.ts'
import { slotsRule } from './slots.ts'
import { writeTerms } from './terms-text.ts'

/** What is sent in one request. */
export interface Request {
  readonly keys: string[]
  /** The different terms of all calls. */
  readonly terms: string[]
  /** For each call its word, its costs, what its leases are called where it may take one, and where the parents of guaranteed shares are. */
  readonly words: string[]
  /** Terms that follow a calendar. */
  readonly byCalendar: Terms[]
}

/** A call, and what its leases are called if it takes any. */
export interface NamedCall {
  readonly call: Omit<Call, 'undo'>
  readonly leaseName: string
}

export function emptyRequest(): Request {
  return { keys: [], terms: [], words: [], byCalendar: [] }
}

/** What the scripts that decide are given after the clock. */
export function argsOf({ terms, words }: Request): string[] {
  return [String(terms.length), ...terms, ...words]
}

const actions = { consume: 'c', peek: 'p', reserve: 'r' } as const
const consumeUpTo = 'u'
const ways = { keepUsed: 'u', keepRemaining: 'r', proportional: 'p', reset: 'f' } as const

/** Adds a call. @throws SluiceError `SLUICE_RULE`, before anything is added */
export function addCall(request: Request, { call, leaseName }: NamedCall, bucketKeys: BucketKeys): void {
  const { charges } = call
  for (const { terms, limit } of charges) writeTerms(terms, limit.name)
  const beside = addWord(request, call, bucketKeys)
  if (mayGrow(call)) request.words.push(charges.map(({ upTo = '-' }) => upTo).join())
  for (const { cost } of charges) request.words.push(String(cost))
  if (beside) addBeside(request, call, leaseName, bucketKeys)
}

/** Adds the word of a call and the keys of its buckets. @returns whether it has more keys than these */
function addWord({ keys, terms, words, byCalendar }: Request, call: Omit<Call, 'undo'>, bucketKeys: BucketKeys): boolean {
  const { action, migrate, charges } = call
  let word: string = (mayGrow(call) ? consumeUpTo : actions[action]) + ways[migrate]
  let beside = false
  for (const { limit, key, terms: asked } of charges) {
    const { kind } = asked.rule
    if (kind === 'concurrency' || kind === 'guaranteed') beside = true
    else if (kind === 'calendar-window') byCalendar.push(asked)
    keys.push(bucketKeys.bucket(limit, key))
    word += lettersOf(modeOf(limit), placeOf(writeTerms(asked, limit.name), terms))
  }
  words.push(word)
  return beside
}

/** Adds the keys beside the buckets, and what is to be known of these. */
function addBeside({ keys, words }: Request, { charges }: Omit<Call, 'undo'>, leaseName: string, bucketKeys: BucketKeys): void {
  for (const charge of charges) {
    if (slotsRule(charge.terms) !== undefined) keys.push(bucketKeys.slots(charge.limit, charge.key))
    if (guaranteedRule(charge.terms) !== undefined) keys.push(recordKey(charge, charges, bucketKeys))
  }
  if (charges.some(({ terms }) => slotsRule(terms) !== undefined)) words.push(leaseName)
  for (const charge of charges) {
    if (guaranteedRule(charge.terms) !== undefined) words.push(String(parentAmong(charge, charges) + 1))
  }
}

/** 1 for a shadow, plus 2 for a limit that a reservation pays when it is settled. */
function modeOf({ shadow, debit }: LimitFacts): number {
  return (shadow ? 1 : 0) + (debit === 'after' ? 2 : 0)
}

/** The place of terms in the list, to which they are added where they are new. */
function placeOf(text: string, terms: string[]): number {
  const known = terms.indexOf(text)
  return known >= 0 ? known : terms.push(text) - 1
}

/** Two letters from '0' on: the first for four modes and the higher digit of the place, the second for the lower digit. */
function lettersOf(mode: number, place: number): string {
  const lower = place % digits
  return String.fromCharCode(firstLetter + mode + (4 * (place - lower)) / digits, firstLetter + lower)
}

const firstLetter = 48
const digits = 79
