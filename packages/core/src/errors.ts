/**
 * Every error and warning of sluice: one class, and a table of codes for each package. A table stands in the file `errors.ts` of its package.
 *
 * A code with `request: true` can be thrown while a request is served, and frameworks send messages of errors to clients. Its text is
 * therefore fixed. It takes no fact but the words of sluice itself (`{function}`, `{what}`). The facts are on the error, for logs.
 */

import { display } from './display.ts'
import { redactedCause, redactedFacts } from './redact.ts'

/** The text of one code. `{name}` is filled from the facts of the case. */
export interface CodeText {
  /** What happened. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** Whether it can be thrown while a request is served. @default false */
  readonly request?: true
  /** The text with the facts, for a code of requests at start-up and in warnings. @default message and hint */
  readonly full?: string
}

const codes = {
  // Options of rules and limits
  SLUICE_DURATION: {
    message: '{option} is not a duration: {value}',
    hint: "Write '250ms', '1s', '1m', '1h' or '30d', or whole milliseconds from 1 to 31,622,400,000 (366 days).",
  },
  SLUICE_WHOLE_NUMBER: {
    message: '{option} must be a whole number from {min} to {max}, but is {value}',
    hint: 'Write a whole number in that range; of a fraction, Math.ceil and Math.floor make one.',
  },
  SLUICE_CHOICE: { message: '{option} is {value}', hint: 'Use one of: {choices}.' },
  SLUICE_OPTION_UNKNOWN: { message: '{option} is not an option here', hint: 'Known here: {choices}.' },
  SLUICE_OPTION_TYPE: { message: '{option} must be {wanted}, but is {value}', hint: 'Pass {wanted}.' },
  SLUICE_RATIO: {
    message: '{option} must be above 0 and at most 1 with at most 9 decimals, but is {value}',
    hint: 'Write a share such as 0.5 or 0.25.',
  },
  SLUICE_RULE_TOO_LARGE: {
    message: 'capacity {capacity} per {per} needs more than 53 bits to be counted exactly',
    hint: 'Lower the capacity, shorten the period, or let more come back in it (`refill`).',
  },
  SLUICE_RULE_SLOWED: {
    message: 'The rate {refill} per {per} at capacity {capacity} cannot be counted exactly; it runs {ppm} parts per million slower',
    hint: 'Choose a rounder rate (1000 per hour instead of 997) or a smaller capacity to lose this warning.',
  },
  SLUICE_BURST: {
    message: 'A burst of {capacity} does not go with a refill of {refill} in {mode} mode',
    hint: "Let it be at least the refill, and in strict mode, which borrows from the next period alone, at most twice of it; mode 'bucket' allows more.",
  },
  SLUICE_TIME_ZONE: {
    message: 'timeZone is {value}, which is no time zone that this runtime knows',
    hint: "Write an IANA name, such as 'Europe/Berlin', 'Asia/Seoul' or 'UTC'.",
  },
  SLUICE_DURATION_SMALL: {
    message: '{option} is the bare number {value}, which means {value} milliseconds',
    hint: "Write '{value}s' if seconds were meant, or '{value}ms' to say that milliseconds are.",
  },
  SLUICE_LIMITS_EMPTY: { message: '{option} has no limit in it', hint: 'List at least one limit.' },
  SLUICE_LIMIT_NAME: {
    message: 'A limit is named {value}',
    hint: 'Use 1 to 128 printable ASCII characters: the name appears in headers and identifies the bucket.',
  },
  SLUICE_LIMIT_TWICE: {
    message: 'Two limits are named {name}',
    hint: 'A name is the identity of a budget: rename one of them, or pass the same limit object to share the budget.',
  },
  SLUICE_LIMIT_CONFLICT: {
    message: 'The limit {name} is defined twice on one store, with different definitions',
    hint: 'A name is the identity of a budget on its store: rename one, or share one limit object.',
  },
  SLUICE_LIMIT_BY: {
    message: 'The limit {name} does not say by what it counts',
    hint: 'Add `by: (subject) => key`, or `by: everyone` for one bucket in all.',
  },
  SLUICE_LIMIT_UNKNOWN: {
    request: true,
    message: 'There is no limit of that name here',
    hint: 'Use one of the names in `facts.choices` of this error.',
    full: 'There is no limit named {name} here. The limits here are: {choices}.',
  },
  SLUICE_SHARE_PARENT: {
    message: 'The limit {name} is a share of {parent}, which is not a limit before it',
    hint: 'Put the parent in the same list, further out (earlier) than its shares.',
  },
  SLUICE_SHARE_CYCLE: { message: 'The shares form a cycle: {path}', hint: 'A share must lead to a limit with a rule of its own.' },
  SLUICE_GUARANTEE_PARENT: {
    request: true,
    message: 'A limit guarantees a share of a parent whose rule has no periods that are the same for everybody',
    hint: "Give the parent a fixedWindow() since the epoch, a tokenBucket() in mode 'interval' or a burstMax(); or use shareOf() instead of guaranteedShareOf().",
    full: "The limit {name} guarantees a share of {parent}, whose rule ({value}) has no periods that are the same for everybody. Give {parent} a fixedWindow() since the epoch, a tokenBucket() in mode 'interval' or a burstMax(); or use shareOf() instead of guaranteedShareOf().",
  },
  SLUICE_GUARANTEE_SUM: {
    message: 'The limits {names} guarantee more than all of {parent} together',
    hint: 'Lower their ratios to a sum of at most 1; where many keys share one limit, to what the keys expected at once leave each.',
  },
  SLUICE_GUARANTEE_OPTION: {
    message: 'The limit {name} guarantees a share of {parent} and cannot have {option} of its own',
    hint: 'Leave {option} out: it counts what {parent} is charged.',
  },
  SLUICE_VERSIONS: {
    message: '{name} is of version {version}, and @sluice/core of version {core}',
    hint: 'Install all packages of sluice at one version. `npm ls @sluice/core` shows which package brings another one.',
  },
  SLUICE_VERSION: {
    message: 'version is {value}',
    hint: "Use a whole number in a string, such as a build number ('412') or a date ('20261122'), of at most 15 digits.",
  },
  SLUICE_VERSION_LOWER: {
    message: 'version is {value}, which is lower than {current}, the one in force',
    hint: 'Raise it: versions grow with every change, also with one that goes back to old numbers.',
  },
  // Options of HTTP guards
  SLUICE_ADDRESS: {
    request: true,
    message: 'The address of the client is needed, and this connection has none',
    hint: 'A Unix socket has none: let the proxy connect over TCP and list its address in `trust`. A client that has hung up has none any more, which needs no action. On Hono `connInfo` says the address, and `remoteAddress` to guardFetch. A limit with a `by` of its own needs none; a deny list always does.',
  },
  SLUICE_POLICY_SOURCE: {
    message: 'The policy cannot be read: {reason}',
    hint: 'See that it is there and may be read; what was in force before stays in force until it can be.',
  },
  // What a call was given
  SLUICE_COST: {
    request: true,
    message: 'A cost must be a whole number from 0 to 9,007,199,254,740,991, and is not',
    hint: 'Round a fraction up with Math.ceil(cost); for a negative cost use refund().',
    full: 'The cost for {name} must be a whole number from 0 to 9,007,199,254,740,991, but is {value}. Round a fraction up with Math.ceil(cost); for a negative cost use refund().',
  },
  SLUICE_KEY: {
    request: true,
    message: 'The key for a limit is none',
    hint: 'Return a string, finite number, bigint, boolean, a list of those, or null where the limit does not apply.',
  },
  SLUICE_RULE: {
    request: true,
    message: 'The rule for a limit is not a rule',
    hint: 'Pass the object that tokenBucket() or another rule function of @sluice/core returned. A copy of it loses its kind.',
    full: 'The rule for {name} is {value}, which is not a rule. Pass the object that tokenBucket() or another rule function of @sluice/core returned. A copy of it ({ ...rule }, JSON, structuredClone) loses its kind: call the function again instead.',
  },
  SLUICE_FUNCTION: {
    request: true,
    message: 'The {function} function of a limit failed',
    hint: 'See the cause; `onFault` decides what callers get meanwhile.',
  },
  SLUICE_FUNCTION_TIMEOUT: {
    request: true,
    message: 'The {function} function did not answer within `functionTimeout`',
    hint: 'See why it takes so long, or raise `functionTimeout`; `onFault` decides what callers get meanwhile.',
  },
  SLUICE_LOOKUPS: {
    request: true,
    message: 'A look-up was not started, because as many as `inFlight` allows have no answer yet',
    hint: 'See why they take so long, or raise `inFlight` of cached().',
  },
  SLUICE_RESERVE_NEEDED: {
    request: true,
    message: 'A limit holds a slot until it is given back, and consume() has no way to give it back',
    hint: 'Use reserve(), then settle() or cancel().',
  },
  SLUICE_DEBT_BOUND: {
    request: true,
    message: 'Units beyond the largest debt of a limit were not charged',
    hint: 'Estimate closer to what is finally used; a bucket owes at most its capacity.',
  },
  SLUICE_LIMITS_MANY: {
    message: 'The store decides at most {most} such limits in one step, and here are {count}',
    hint: 'Use fewer limits, or divide them over two limiters of which the second extends the reservation of the first.',
  },
  SLUICE_BLOCKS_MANY: {
    message: 'The memory store has {most} blocked keys already, as many as it keeps',
    hint: 'Block whole networks with `denyList`, lift blocks that are no longer needed, or raise `maxBuckets`.',
  },
  SLUICE_SETTLED_LATE: {
    request: true,
    message: 'A reservation was settled after its lifetime, so that its charge stays as it was',
    hint: 'Settle it sooner, call renew() on it while the work goes on, or raise `handleLifetime` of the store.',
  },
  SLUICE_ABORTED: { request: true, message: 'The call was aborted before it was decided', hint: 'See the cause.' },
  SLUICE_CLOSED: { request: true, message: 'This {what} is closed', hint: 'Create a new one; close() is final.' },
  SLUICE_FOREIGN_RESERVATION: {
    request: true,
    message: 'A reservation given as `extend` was not made by a limiter on this store',
    hint: 'Pass reservations of limiters that share this store, or cancel it yourself.',
  },
  SLUICE_STORE_UNGUARDED: {
    message: 'The store is one of your own, and nothing decides while it fails',
    hint: 'Pass `store: surviveOutages(yourStore, { processes })` of @sluice/core, with the number of processes that share the store.',
  },
  SLUICE_STORE: { request: true, message: 'The store cannot answer', hint: 'See the cause; `onOutage` of each limit decided meanwhile.' },
  SLUICE_PREFIX: {
    message: 'The keys of a Redis store cannot begin with {value}',
    hint: 'Use 1 to 64 printable ASCII characters without braces, in `prefix` and in the `keyPrefix` of the client.',
  },
  SLUICE_STORE_LATE: {
    request: true,
    message: 'The store did not answer within its `timeout`',
    hint: 'Look after the store, or raise `timeout`.',
  },
  SLUICE_STORE_UNSENT: {
    request: true,
    message: 'The call was not sent to the store, because its time was over before',
    hint: 'See what keeps this process busy for so long, or raise `timeout`.',
  },
  SLUICE_STORE_ANSWER: {
    message: 'The answer of the store to {verb} is not one',
    hint: 'Return what the `Store` contract of @sluice/core says; `onOutage` of each limit decided meanwhile.',
  },
  SLUICE_SETTLEMENT_LOST: {
    message:
      '{value} settlements did not reach the store: what they would have returned stays charged, and slots are held until their leases end',
    hint: 'See what kept the store away. A settlement is sent again for ten minutes, while the process runs; at most 10,000 wait.',
  },
  SLUICE_PROCESSES: {
    message: 'While the store cannot answer, each process enforces the whole of every limit, because `processes` is not set',
    hint: 'Set `processes` to the number of processes that share the store, so that each enforces its part; 1 says that there is one. A store of your own gets it by surviveOutages(store, { processes }).',
  },
} as const

/** The codes in a table, as an interface that can be extended. */
export type CodesOf<Table> = { readonly [Code in keyof Table]: true }

/** All codes. Each package adds its own, so that {@link SluiceCode} knows the codes of the packages that a program imports. */
export interface SluiceCodes extends CodesOf<typeof codes> {}

/** A code of {@link SluiceError}. Codes are stable, texts are not. */
export type SluiceCode = keyof SluiceCodes

const table: Record<string, CodeText> = { ...codes }

/** The version that the build writes. In the sources there is none, because all packages come from one tree. */
declare const SLUICE_VERSION: string | undefined
const coreVersion = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined

/**
 * Adds the codes of a package of ours.
 * @returns the one error class, which now knows them
 * @throws SluiceError `SLUICE_VERSIONS` if the package is of another version than the core: they share more than is public
 */
export function packageErrors(name: string, version: string | undefined, added: Readonly<Record<string, CodeText>>): typeof SluiceError {
  if (version !== coreVersion) throw new SluiceError('SLUICE_VERSIONS', { name, version, core: coreVersion })
  Object.assign(table, added)
  return SluiceError
}

/** Every code that the packages loaded so far have, for tests that go through them all. */
export function allCodes(): readonly SluiceCode[] {
  return Object.keys(table) as SluiceCode[]
}

/** The text of a code. A code of a package that has not added it yet has a text that fits all. */
function textOf(code: string): CodeText {
  return table[code] ?? { message: 'Something failed', hint: 'See `facts` and `cause` of this error.', request: true }
}

/** What fills the places of a message. */
export type Facts = Readonly<Record<string, unknown>>

/** Which text an error gets: `full` with its facts, for developers at start-up, or `fixed`, which strangers may read. */
export type ErrorText = 'full' | 'fixed'

/**
 * The only error that sluice throws. Branch on `code`; a refusal is never an error but a decision.
 *
 * The message of an error that is thrown during a request names no limit, key, value, host or secret, because frameworks send messages
 * to clients. Those are in `facts` and `cause`, for logs: passwords and the like are replaced by `[redacted]`.
 */
export class SluiceError extends Error {
  readonly code: SluiceCode
  /** The facts of the case, as given: option, value, name. Secrets are redacted. */
  readonly facts: Facts
  /** The name of the limit whose definition is wrong. @default undefined, for every other error */
  declare readonly limit?: string
  /** What is wrong of that limit: `rule`, `nearAt` or `ban.after`, for example. */
  declare readonly option?: string

  constructor(code: SluiceCode, facts: Facts = {}, options: { readonly cause?: unknown; readonly text?: ErrorText } = {}) {
    const text = options.text ?? (isRequestCode(code) ? 'fixed' : 'full')
    super(
      `${code}: ${text === 'full' ? describe(code, facts) : fixedText(code, facts)}`,
      options.cause === undefined ? undefined : { cause: redactedCause(options.cause) },
    )
    this.name = 'SluiceError'
    this.code = code
    this.facts = redactedFacts(facts)
  }

  /** What `JSON.stringify` shows: an error handler that answers the error itself must not send its facts. */
  toJSON(): { readonly name: string; readonly code: SluiceCode; readonly message: string } {
    const { name, code, message } = this
    return { name, code, message }
  }
}

/** Whether a code can be thrown while a request is served, so that its text is fixed. */
export function isRequestCode(code: SluiceCode): boolean {
  return textOf(code).request === true
}

/**
 * The message of a code with its places filled. `display` writes each value. `reason` and `wanted` are texts of ours
 * that contain displayed values already.
 */
export function describe(code: SluiceCode, facts: Facts): string {
  const { message, hint, full } = textOf(code)
  return filled(full ?? `${message}. ${hint}`, redactedFacts(facts))
}

/** The text of a code for strangers; a code of start-up alone has none of its own, and a wrong call may be told by it. */
function fixedText(code: SluiceCode, facts: Facts): string {
  const { message, hint, request } = textOf(code)
  if (request !== true) return 'A call was given an option that does not fit. See `facts` of this error.'
  return filled(`${message}. ${hint}`, facts)
}

function filled(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    if (!(name in facts)) return place
    return name === 'reason' || name === 'wanted' ? String(facts[name]) : display(facts[name])
  })
}

/**
 * Runs a check, whose errors get this text: `full` at start-up, where the developer reads them, and `fixed` for what a call was given.
 * @throws SluiceError with the code, the facts, the cause and the stack of the one that the check threw
 */
export function withText<T>(text: ErrorText, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw error instanceof SluiceError ? reworded(error, text) : error
  }
}

function reworded(error: SluiceError, text: ErrorText): SluiceError {
  if (text === 'full' && !isRequestCode(error.code)) return error
  const copy = new SluiceError(error.code, error.facts, { cause: error.cause, text })
  if (error.stack !== undefined) copy.stack = error.stack.replace(error.message, () => copy.message)
  return error.limit === undefined ? copy : Object.assign(copy, { limit: error.limit, option: error.option })
}

/**
 * Runs a check of one limit. Its errors say which limit and which option are wrong.
 * @param option - what is wrong where the error names no option
 */
export function aboutLimit<T>(limit: unknown, option: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof SluiceError && typeof limit === 'string') Object.assign(error, { limit, option: optionIn(error, limit) ?? option })
    throw error
  }
}

/** The option that an error names, without the limit before it: `ban.after` of `login.ban.after`. */
function optionIn({ facts: { option } }: SluiceError, limit: string): string | undefined {
  if (typeof option !== 'string') return undefined
  const path = option.replace('The options of ', '')
  const prefix = [`${limit}.`, 'limit.'].find((start) => path.startsWith(start)) ?? ''
  return path.slice(prefix.length)
}

/** The error with the text that strangers may read; itself where it has that text already. */
export function forStrangers(error: SluiceError): SluiceError {
  const isFixed = error.message === `${error.code}: ${fixedText(error.code, error.facts)}`
  return isFixed ? error : reworded(error, 'fixed')
}

/** The error itself if its code is one of requests, else the fault that has it as its cause. */
export function asFault(cause: unknown, code: SluiceCode, facts: Facts): SluiceError {
  return cause instanceof SluiceError && isRequestCode(cause.code) ? cause : new SluiceError(code, facts, { cause })
}
