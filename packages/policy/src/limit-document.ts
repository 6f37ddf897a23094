/** What a document may say of one limit: a rule, and the options that are plain data. */
import { type BanOptions, type BanRule, ban, type OnOutage, type Rule, SluiceError, unlimited } from '@sluice/core'
import { type JsonReader, type Place, plainValue } from './json-place.ts'
import { type RuleDocument, rules } from './rules.ts'

/** What a document says of one limit; what it does not say stays as it is in code. */
export interface LimitDocument {
  /** Takes the place of a rule function, too. */
  readonly rule?: RuleDocument
  readonly shadow?: boolean
  readonly disclose?: boolean
  readonly nearAt?: number
  readonly initial?: number
  readonly onOutage?: OnOutage
  readonly debit?: 'before' | 'after'
  /** Takes the place of a cost function, too. */
  readonly cost?: number
  readonly ban?: BanOptions
}

interface Option {
  /** Ends the sentence "nearAt must be ...". */
  readonly wanted: string
  fits(value: unknown): boolean
}

const trueOrFalse: Option = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' }
const units: Option = { wanted: 'a whole number from 0', fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0 }

const options: Readonly<Record<Exclude<keyof LimitDocument, 'rule' | 'ban'>, Option>> = {
  shadow: trueOrFalse,
  disclose: trueOrFalse,
  nearAt: { wanted: 'a number above 0 and at most 1', fits: (value) => typeof value === 'number' && value > 0 && value <= 1 },
  initial: units,
  onOutage: oneOf('allow', 'deny', 'local'),
  debit: oneOf('before', 'after'),
  cost: units,
}

function oneOf(...choices: unknown[]): Option {
  return { wanted: `one of ${choices.join(', ')}`, fits: (value) => choices.includes(value) }
}

/** What was read of one limit. */
export interface ReadLimit {
  /** The limit itself and its members, for what turns out to be wrong with them later. */
  readonly at: Place
  readonly members: ReadonlyMap<string, Place>
  /** The rule as code would have made it. */
  readonly rule: Rule | typeof unlimited | undefined
  /** The ban as code would have made it. */
  readonly ban: BanRule | undefined
}

/** Reads a limit. @throws SluiceError `SLUICE_POLICY` */
export function readLimit(name: string, at: Place, reader: JsonReader): ReadLimit {
  const members = reader.members(at, `the limit ${name}`, ['rule', ...Object.keys(options), 'ban'])
  for (const [option, { fits, wanted }] of Object.entries(options)) {
    const place = members.get(option)
    if (place !== undefined && !fits(plainValue(place))) throw reader.refuse(place, `${option} must be ${wanted}`)
  }
  const bans = members.get('ban')
  const rule = members.get('rule')
  return { at, members, ban: bans && readBan(name, bans, reader), rule: rule && readRule(name, rule, reader) }
}

function readRule(limit: string, at: Place, reader: JsonReader): Rule | typeof unlimited {
  if (plainValue(at) === 'unlimited') return unlimited
  const [named, ...others] = reader.members(at, `the rule of ${limit}`, Object.keys(rules))
  if (named === undefined || others.length > 0)
    throw reader.refuse(at, `the rule of ${limit} must be 'unlimited', or name one of ${Object.keys(rules).join(', ')}`)
  const [name, numbers] = named
  const members = reader.members(numbers, name)
  try {
    return rules[name]!(plainValue(numbers) as never)
  } catch (cause) {
    throw reader.refuse(members.get(memberAtFault(cause)) ?? numbers, reasonOf(cause), cause)
  }
}

function readBan(limit: string, at: Place, reader: JsonReader): BanRule {
  const members = reader.members(at, `the ban of ${limit}`)
  try {
    return ban(plainValue(at) as BanOptions)
  } catch (cause) {
    const reason = reasonOf(cause).replace(/^ban\./, () => `${limit}.ban.`)
    throw reader.refuse(members.get(memberAtFault(cause)) ?? at, reason, cause)
  }
}

/** The option that is wrong: the last name of a path such as `login.ban.after`. */
function memberAtFault(cause: unknown): string {
  const option = cause instanceof SluiceError ? cause.facts.option : undefined
  return typeof option === 'string' ? option.split('.').at(-1)! : ''
}

/** What happened and what to do about it, as a reason within another error. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message.replace(/^SLUICE_\w+: /, '').replace(/\.$/, '')
}
