/**
 * Every error and warning of sluice: one class, one table of codes.
 *
 * `says` is what happened and `mend` what to do about it. `{name}` is filled from the facts of the case.
 *
 * A code with `request: true` can be thrown while a request is served, and frameworks send messages of errors to clients. Its text is
 * therefore fixed: it takes no fact but the words of sluice itself (`{function}`, `{what}`). The facts are on the error, for logs.
 * `full` is the text with the facts, for the same code at start-up and for warnings.
 */
import { egressCodes } from './egress-codes.ts'
import { redactedCause, redactedFacts } from './redact.ts'
import { shown } from './shown.ts'

interface Entry {
  readonly says: string
  readonly mend: string
  readonly request?: true
  readonly full?: string
}

const codes = {
  // Options of rules and limits
  SLUICE_DURATION: {
    says: '{option} is not a duration: {value}',
    mend: "Write '250ms', '1s', '1m', '1h' or '30d', or whole milliseconds from 1 to 31,622,400,000 (366 days).",
  },
  SLUICE_WHOLE_NUMBER: {
    says: '{option} must be a whole number from {min} to {max}, but is {value}',
    mend: 'Write a whole number in that range; of a fraction, Math.ceil and Math.floor make one.',
  },
  SLUICE_CHOICE: { says: '{option} is {value}', mend: 'Use one of: {choices}.' },
  SLUICE_OPTION_UNKNOWN: { says: '{option} is not an option here', mend: 'Known here: {choices}.' },
  SLUICE_OPTION_TYPE: { says: '{option} must be {wanted}, but is {value}', mend: 'Pass {wanted}.' },
  SLUICE_RATIO: {
    says: '{option} must be above 0 and at most 1 with at most 9 decimals, but is {value}',
    mend: 'Write a share such as 0.5 or 0.25.',
  },
  SLUICE_RULE_TOO_LARGE: {
    says: 'capacity {capacity} per {per} needs more than 53 bits to be counted exactly',
    mend: 'Lower the capacity, shorten the period, or let more come back in it (`refill`).',
  },
  SLUICE_RULE_SLOWED: {
    says: 'The rate {refill} per {per} at capacity {capacity} cannot be counted exactly; it runs {ppm} parts per million slower',
    mend: 'Choose a rounder rate (1000 per hour instead of 997) or a smaller capacity to lose this warning.',
  },
  SLUICE_BURST: {
    says: 'A burst of {capacity} does not go with a refill of {refill} in {mode} mode',
    mend: "Let it be at least the refill, and in strict mode, which borrows from the next period alone, at most twice of it; mode 'bucket' allows more.",
  },
  SLUICE_TIME_ZONE: {
    says: 'timeZone is {value}, which is no time zone that this runtime knows',
    mend: "Write an IANA name, such as 'Europe/Berlin', 'Asia/Seoul' or 'UTC'.",
  },
  SLUICE_DURATION_SMALL: {
    says: '{option} is the bare number {value}, which means {value} milliseconds',
    mend: "Write '{value}s' if seconds were meant, or '{value}ms' to say that milliseconds are.",
  },
  SLUICE_LIMITS_EMPTY: { says: '{option} has no limit in it', mend: 'List at least one limit.' },
  SLUICE_LIMIT_NAME: {
    says: 'A limit is named {value}',
    mend: 'Use 1 to 128 printable ASCII characters: the name appears in headers and identifies the bucket.',
  },
  SLUICE_LIMIT_TWICE: {
    says: 'Two limits are named {name}',
    mend: 'A name is the identity of a budget: rename one of them, or pass the same limit object to share the budget.',
  },
  SLUICE_LIMIT_CONFLICT: {
    says: 'The limit {name} is defined twice on one store, with different definitions',
    mend: 'A name is the identity of a budget on its store: rename one, or share one limit object.',
  },
  SLUICE_LIMIT_BY: {
    says: 'The limit {name} does not say by what it counts',
    mend: 'Add `by: (subject) => key`, or `by: everyone` for one bucket in all.',
  },
  SLUICE_LIMIT_UNKNOWN: {
    request: true,
    says: 'There is no limit of that name here',
    mend: 'Use one of the names in `facts.choices` of this error.',
    full: 'There is no limit named {name} here. The limits here are: {choices}.',
  },
  SLUICE_SHARE_PARENT: {
    says: 'The limit {name} is a share of {parent}, which is not a limit before it',
    mend: 'Put the parent in the same list, further out (earlier) than its shares.',
  },
  SLUICE_SHARE_CYCLE: { says: 'The shares form a cycle: {path}', mend: 'A share must lead to a limit with a rule of its own.' },
  SLUICE_GUARANTEE_PARENT: {
    request: true,
    says: 'A limit guarantees a share of a parent whose rule has no periods that are the same for everybody',
    mend: "Give the parent a fixedWindow() since the epoch, a tokenBucket() in mode 'interval' or a burstMax(); or use shareOf() instead of guaranteedShareOf().",
    full: "The limit {name} guarantees a share of {parent}, whose rule ({value}) has no periods that are the same for everybody. Give {parent} a fixedWindow() since the epoch, a tokenBucket() in mode 'interval' or a burstMax(); or use shareOf() instead of guaranteedShareOf().",
  },
  SLUICE_GUARANTEE_SUM: {
    says: 'The limits {names} guarantee more than all of {parent} together',
    mend: 'Lower their ratios to a sum of at most 1; where many keys share one limit, to what the keys expected at once leave each.',
  },
  SLUICE_GUARANTEE_OPTION: {
    says: 'The limit {name} guarantees a share of {parent} and cannot have {option} of its own',
    mend: 'Leave {option} out: it counts what {parent} is charged.',
  },
  SLUICE_VERSION: {
    says: 'version is {value}',
    mend: "Use a whole number in a string, such as a build number ('412') or a date ('20261122'), of at most 15 digits.",
  },
  SLUICE_VERSION_LOWER: {
    says: 'version is {value}, which is lower than {present}, the one in force',
    mend: 'Raise it: versions grow with every change, also with one that goes back to old numbers.',
  },
  // Options of HTTP guards
  SLUICE_CIDR: {
    says: '{option} has {value}, which is no address range: {why}',
    mend: 'Write one address (192.0.2.7, 2001:db8::1) or a range (10.0.0.0/8, 2001:db8::/32).',
  },
  SLUICE_TRUST_EVERYONE: {
    says: '{option} has {value}, which covers every address: any client can then pass for any other by a forwarding header',
    mend: 'List the ranges of your own proxies alone.',
  },
  SLUICE_TRUST_ADDRESS: {
    says: 'X-Forwarded-For came over a connection that has no address, and was ignored',
    mend: 'A Unix socket has none, so that `trust` cannot list it: let the proxy connect over TCP and list its address. A connection that is closed already has none either, and needs no action.',
  },
  SLUICE_TRUST_MISSING: {
    says: 'X-Forwarded-For came from {peer}, but no proxy is trusted: every client behind one proxy shares one bucket',
    mend: "Set `trust` to the ranges of your proxies, such as ['10.0.0.0/8']. Where no proxy stands in front, clients sent it and it was rightly ignored.",
  },
  SLUICE_TRUST_STRANGER: {
    says: 'X-Forwarded-For came from {peer}, which `trust` does not list, and was ignored',
    mend: 'If {peer} is one of your proxies, add its range to `trust`; if not, a client tried to pass for another and failed.',
  },
  SLUICE_HEADER_TWICE: {
    says: 'Two entries of `headers` write {header}',
    mend: "Keep one of them: a header has one meaning. 'x-ratelimit-delta' and 'x-ratelimit-epoch' exclude each other.",
  },
  SLUICE_ADDRESS: {
    request: true,
    says: 'The address of the client is needed, and this connection has none',
    mend: 'A Unix socket has none: let the proxy connect over TCP and list its address in `trust`. A client that has hung up has none any more, which needs no action. On Hono `connInfo` says the address, and `remoteAddress` to guardFetch. A limit with a `by` of its own needs none; a deny list always does.',
  },
  SLUICE_ADDRESS_KEY: {
    says: 'A text that must name one client by its address does not',
    mend: 'Pass an IP address in any notation, such as 192.0.2.7 or 2001:db8::1. A network must lie within one key: IPv6 clients are counted by their /56, unless `ipv6Prefix` says otherwise.',
  },
  SLUICE_KEY_IPV6: {
    says: 'The `by` of the limit {name} returned a bare IPv6 address, so that one household has a budget for each of its addresses',
    mend: 'Return `http.address`, or `addressKey(text)` of an address from elsewhere: both count IPv6 clients by their network.',
  },
  SLUICE_CONN_INFO: {
    says: '{what} needs the address of the client, which this guard was not told how to know',
    mend: 'Pass `connInfo`, the `getConnInfo` of your runtime, or `remoteAddress` to guardFetch. A limit with a `by` of its own needs neither.',
  },
  SLUICE_TWO_STORES: {
    request: true,
    says: 'Two guards of one request keep their buckets in different stores',
    mend: 'Pass the same `store` to both, or derive one guard from the other: all limits of a request are decided together.',
  },
  SLUICE_POLICY: {
    says: 'The policy is refused at line {line}, column {column}: {reason}',
    mend: 'Correct it and save it again; what was in force before stays in force.',
  },
  SLUICE_POLICY_SOURCE: {
    says: 'The policy cannot be read: {reason}',
    mend: 'See that it is there and may be read; what was in force before stays in force until it can be.',
  },
  SLUICE_ROUTE: { says: 'The route {method} {url} cannot be guarded', mend: '{reason}' },
  SLUICE_NESTED: {
    says: '{option} was given to a registration of sluice within another one',
    mend: 'Give it to the outermost registration: one guard, one store and one set of headers serve everything under it.',
  },
  SLUICE_TRUST_PROXY: {
    says: "The framework's own proxy setting ({value}) believes any forwarding header: each client can choose its address",
    mend: "List your proxies, here as `trust: ['10.0.0.0/8']` or there, instead of true or a number of hops.",
  },
  SLUICE_ROUTE_FUNCTION: {
    request: true,
    says: 'The {function} function of a guard or a route failed',
    mend: 'See the cause; `onFault` decides what callers get meanwhile.',
  },
  SLUICE_HOOK: {
    says: 'The limit {name} has hook: {value}, but this adapter decides all limits of a guard at once',
    mend: 'Leave `hook` out and place the guard where the limit is to be decided: before or behind what finds the user and the body.',
  },
  SLUICE_REFUSED_ANSWER: {
    request: true,
    says: '`onRefused` answered something else than a Response',
    mend: 'Return a Response from it on every path, or leave it out: then sluice answers.',
  },
  SLUICE_UNANSWERED: {
    says: '`onRefused` has left a refused request without an answer for {seconds} seconds',
    mend: 'End the response on every path of it, or leave it out: then sluice answers.',
  },
  SLUICE_BOUND: { says: '{option} was not made by `bind`', mend: 'Write `limiter: bind(limiter, (request) => subject)`.' },
  // What a call was given
  SLUICE_COST: {
    request: true,
    says: 'A cost must be a whole number from 0 to 9,007,199,254,740,991, and is not',
    mend: 'Round a fraction up with Math.ceil(cost); for a negative cost use refund().',
    full: 'The cost for {name} must be a whole number from 0 to 9,007,199,254,740,991, but is {value}. Round a fraction up with Math.ceil(cost); for a negative cost use refund().',
  },
  SLUICE_KEY: {
    request: true,
    says: 'The key for a limit is none',
    mend: 'Return a string, finite number, bigint, boolean, a list of those, or null where the limit does not apply.',
  },
  SLUICE_RULE: {
    request: true,
    says: 'The rule for a limit is not a rule',
    mend: 'Pass the object that tokenBucket() or another rule function of @sluice/core returned. A copy of it loses its kind.',
    full: 'The rule for {name} is {value}, which is not a rule. Pass the object that tokenBucket() or another rule function of @sluice/core returned. A copy of it ({ ...rule }, JSON, structuredClone) loses its kind: call the function again instead.',
  },
  SLUICE_FUNCTION: {
    request: true,
    says: 'The {function} function of a limit failed',
    mend: 'See the cause; `onFault` decides what callers get meanwhile.',
  },
  SLUICE_FUNCTION_TIMEOUT: {
    request: true,
    says: 'The {function} function did not answer within `functionTimeout`',
    mend: 'See why it takes so long, or raise `functionTimeout`; `onFault` decides what callers get meanwhile.',
  },
  SLUICE_LOOKUPS: {
    request: true,
    says: 'A look-up was not started, because as many as `inFlight` allows have no answer yet',
    mend: 'See why they take so long, or raise `inFlight` of cached().',
  },
  SLUICE_RESERVE_NEEDED: {
    request: true,
    says: 'A limit holds a slot until it is given back, and consume() has no way to give it back',
    mend: 'Use reserve(), then settle() or cancel().',
  },
  SLUICE_DEBT_BOUND: {
    request: true,
    says: 'Units beyond the largest debt of a limit were not charged',
    mend: 'Estimate closer to what is finally used; a bucket owes at most its capacity.',
  },
  SLUICE_LIMITS_MANY: {
    says: 'The store decides at most {most} such limits in one step, and here are {count}',
    mend: 'Use fewer limits, or divide them over two limiters of which the second extends the reservation of the first.',
  },
  SLUICE_BLOCKS_MANY: {
    says: 'The memory store has {most} blocked keys already, as many as it keeps',
    mend: 'Block whole networks with `denyList`, lift blocks that are no longer needed, or raise `maxBuckets`.',
  },
  SLUICE_SETTLED_LATE: {
    request: true,
    says: 'A reservation was settled after its lifetime, so that its charge stays as it was',
    mend: 'Settle it sooner, call renew() on it while the work goes on, or raise `handleLifetime` of the store.',
  },
  SLUICE_ABORTED: { request: true, says: 'The call was aborted before it was decided', mend: 'See the cause.' },
  SLUICE_CLOSED: { request: true, says: 'This {what} is closed', mend: 'Create a new one; close() is final.' },
  SLUICE_FOREIGN_RESERVATION: {
    request: true,
    says: 'A reservation given as `extend` was not made by a limiter on this store',
    mend: 'Pass reservations of limiters that share this store, or cancel it yourself.',
  },
  SLUICE_STORE_UNGUARDED: {
    says: 'The store is one of your own, and nothing decides while it fails',
    mend: 'Pass `store: surviveOutages(yourStore, { processes })` of @sluice/core, with the number of processes that share the store.',
  },
  SLUICE_STORE: { request: true, says: 'The store cannot answer', mend: 'See the cause; `onOutage` of each limit decided meanwhile.' },
  SLUICE_PREFIX: {
    says: 'The keys of a Redis store cannot begin with {value}',
    mend: 'Use 1 to 64 printable ASCII characters without braces, in `prefix` and in the `keyPrefix` of the client.',
  },
  SLUICE_ONE_SLOT: {
    says: 'All buckets of the Redis store {prefix} lie in one slot of the Cluster, and one node decides everything',
    mend: 'Set `colocate` to the name of an outer limit with whose key the keys of all limits begin, or leave it if one node is enough.',
  },
  SLUICE_COLOCATE: {
    request: true,
    says: 'Buckets are placed by a limit whose key is not one part',
    mend: 'Let the `by` of the limit in `colocate` return one string, number, bigint or boolean.',
  },
  SLUICE_APART: {
    says: 'The key of the limit {name} does not begin with that of {outer}: in a Cluster it is decided apart, and no longer in one step with the others',
    mend: 'Let its `by` return a list that begins with the key of {outer}, or leave it if a weaker promise will do.',
  },
  SLUICE_STORE_LATE: {
    request: true,
    says: 'The store did not answer within its `timeout`',
    mend: 'Look after the store, or raise `timeout`.',
  },
  SLUICE_STORE_UNSENT: {
    request: true,
    says: 'The call was not sent to the store, because its time was over before',
    mend: 'See what keeps this process busy for so long, or raise `timeout`.',
  },
  SLUICE_STORE_ANSWER: {
    says: 'The answer of the store to {verb} is not one',
    mend: 'Return what the `Store` contract of @sluice/core says; `onOutage` of each limit decided meanwhile.',
  },
  SLUICE_SETTLEMENT_LOST: {
    says: '{value} settlements did not reach the store: what they would have returned stays charged, and slots are held until their leases end',
    mend: 'See what kept the store away. A settlement is sent again for ten minutes, while the process runs; at most 10,000 wait.',
  },
  SLUICE_PROCESSES: {
    says: 'While the store cannot answer, each process enforces the whole of every limit, because `processes` is not set',
    mend: 'Set `processes` to the number of processes that share the store, so that each enforces its part; 1 says that there is one. A store of your own gets it by surviveOutages(store, { processes }).',
  },
} as const

/** A code of {@link SluiceError}; codes are stable, texts are not. */
export type SluiceCode = keyof typeof codes | keyof typeof egressCodes

const table: Readonly<Record<SluiceCode, Entry>> = { ...codes, ...egressCodes }

/** Every code there is, for tests that hold them all. */
export const allCodes: readonly SluiceCode[] = Object.keys(table) as SluiceCode[]

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
  return table[code].request === true
}

/**
 * The message of a code with its places filled. Values are shown as JSON would, at most 80 characters of each, plain words without
 * their quotes. A `reason`, and what is `wanted`, are words of ours, in which values are shown already.
 */
export function describe(code: SluiceCode, facts: Facts): string {
  const { says, mend, full } = table[code]
  return filled(full ?? `${says}. ${mend}`, redactedFacts(facts))
}

/** The text of a code for strangers; a code of start-up alone has none of its own, and a wrong call may be told by it. */
function fixedText(code: SluiceCode, facts: Facts): string {
  const { says, mend, request } = table[code]
  if (request !== true) return 'A call was given an option that does not fit. See `facts` of this error.'
  return filled(`${says}. ${mend}`, facts)
}

function filled(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    if (!(name in facts)) return place
    return name === 'reason' || name === 'wanted' ? String(facts[name]) : shown(facts[name])
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
  return copy
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
