/**
 * The codes of the core's errors and warnings, each a constant of its own, so that a bundler drops the texts that a program cannot show.
 * Every package of sluice has such a file.
 *
 * A code with `request: true` can be thrown while a request is served, and frameworks send messages of errors to clients. Its text is
 * therefore fixed. It takes no fact but the words of sluice itself (`{function}`, `{what}`). The facts are on the error, for logs.
 */
import type { CodeText } from './sluice-error.ts'

// Options of rules and limits
export const SLUICE_DURATION: CodeText = {
  code: 'SLUICE_DURATION',
  message: '{option} is not a duration: {value}',
  hint: "Write '250ms', '1s', '1m', '1h' or '30d', or whole milliseconds from 1 to 31,622,400,000 (366 days).",
}
export const SLUICE_WHOLE_NUMBER: CodeText = {
  code: 'SLUICE_WHOLE_NUMBER',
  message: '{option} must be a whole number from {min} to {max}, but is {value}',
  hint: 'Write a whole number in that range; of a fraction, Math.ceil and Math.floor make one.',
}
export const SLUICE_CHOICE: CodeText = { code: 'SLUICE_CHOICE', message: '{option} is {value}', hint: 'Use one of: {choices}.' }
export const SLUICE_OPTION_UNKNOWN: CodeText = {
  code: 'SLUICE_OPTION_UNKNOWN',
  message: '{option} is not an option here',
  hint: '{fix}Known here: {choices}.',
}
export const SLUICE_OPTION_TYPE: CodeText = {
  code: 'SLUICE_OPTION_TYPE',
  message: '{option} must be {wanted}, but is {value}',
  hint: 'Pass {wanted}.',
}
export const SLUICE_COST_CAPACITY: CodeText = {
  code: 'SLUICE_COST_CAPACITY',
  message: '{option} is {value}, which is above the capacity {capacity} of the limit {name}: every call would be refused',
  hint: 'Raise the capacity to the cost, or lower the cost.',
}
export const SLUICE_RULE_UNCALLED: CodeText = {
  code: 'SLUICE_RULE_UNCALLED',
  message: 'The rule of the limit {name} is the function {function} itself',
  hint: 'Call it: `rule: tokenBucket({ capacity: 10, per: ... })`, for example.',
}
export const SLUICE_RATIO: CodeText = {
  code: 'SLUICE_RATIO',
  message: '{option} must be above 0 and at most 1 with at most 9 decimals, but is {value}',
  hint: 'Write a share such as 0.5 or 0.25.',
}
export const SLUICE_RULE_TOO_LARGE: CodeText = {
  code: 'SLUICE_RULE_TOO_LARGE',
  message: 'capacity {capacity} per {per} needs more than 53 bits to be counted exactly',
  hint: 'Lower the capacity, shorten the period, or let more come back in it (`refill`).',
}
export const SLUICE_RULE_SLOWED: CodeText = {
  code: 'SLUICE_RULE_SLOWED',
  message: 'The rate {refill} per {per} at capacity {capacity} cannot be counted exactly; it runs {ppm} parts per million slower',
  hint: 'Choose a rounder rate (1000 per hour instead of 997) or a smaller capacity to lose this warning.',
}
export const SLUICE_BURST: CodeText = {
  code: 'SLUICE_BURST',
  message: 'A burst of {capacity} does not go with a refill of {refill} in {mode} mode',
  hint: "Let it be at least the refill, and in strict mode, which borrows from the next period alone, at most twice of it; mode 'bucket' allows more.",
}
export const SLUICE_TIME_ZONE: CodeText = {
  code: 'SLUICE_TIME_ZONE',
  message: 'timeZone is {value}, which is no time zone that this runtime knows',
  hint: "Write an IANA name, such as 'Europe/Berlin', 'Asia/Seoul' or 'UTC'.",
}
export const SLUICE_CLOCK: CodeText = {
  code: 'SLUICE_CLOCK',
  request: true,
  message: 'The `nowMs` of a `clock` answered no time',
  hint: 'Return milliseconds since the epoch, as Date.now() does: a finite number.',
  full: 'The `nowMs` of `clock` answered {value}, which is no time',
}
export const SLUICE_DURATION_SMALL: CodeText = {
  code: 'SLUICE_DURATION_SMALL',
  message: '{option} is the bare number {value}, which means {value} milliseconds',
  hint: "Write '{value}s' if seconds were meant, or '{value}ms' to say that milliseconds are.",
}
export const SLUICE_LIMITS_EMPTY: CodeText = {
  code: 'SLUICE_LIMITS_EMPTY',
  message: '{option} has no limit in it',
  hint: 'List at least one limit.',
}
export const SLUICE_LIMIT_NAME: CodeText = {
  code: 'SLUICE_LIMIT_NAME',
  message: 'A limit is named {value}',
  hint: 'Use 1 to 128 printable ASCII characters: the name appears in headers and identifies the bucket.',
}
export const SLUICE_LIMIT_TWICE: CodeText = {
  code: 'SLUICE_LIMIT_TWICE',
  message: 'Two limits are named {name}',
  hint: 'A name is the identity of a budget: rename one of them, or pass the same limit object to share the budget.',
}
export const SLUICE_LIMIT_CONFLICT: CodeText = {
  code: 'SLUICE_LIMIT_CONFLICT',
  message: 'The limit {name} is defined twice on one store, with different definitions',
  hint: 'A name is the identity of a budget on its store: rename one, or share one limit object. After a hot reload, close the guard or limiter that was replaced.',
}
export const SLUICE_LIMIT_CLOSURES: CodeText = {
  code: 'SLUICE_LIMIT_CLOSURES',
  message: 'The limit {name} is defined twice on one store, by functions of equal text: both definitions share one bucket',
  hint: 'Share one limit object. If the functions close over different values, give each limit a name of its own. After a hot reload, close the guard or limiter that was replaced.',
}
export const SLUICE_LIMIT_BY: CodeText = {
  code: 'SLUICE_LIMIT_BY',
  message: 'The limit {name} does not say by what it counts',
  hint: 'Add `by: (subject) => key`, or `by: everyone` for one bucket in all.',
}
export const SLUICE_LIMIT_UNKNOWN: CodeText = {
  code: 'SLUICE_LIMIT_UNKNOWN',
  request: true,
  message: 'There is no limit of that name here',
  hint: 'Use one of the names in `facts.choices` of this error.',
  full: 'There is no limit named {name} here, only {choices}',
}
export const SLUICE_SHARE_PARENT: CodeText = {
  code: 'SLUICE_SHARE_PARENT',
  message: 'The limit {name} is a share of {parent}, which is not a limit before it',
  hint: 'Put the parent in the same list, further out (earlier) than its shares.',
}
export const SLUICE_SHARE_CYCLE: CodeText = {
  code: 'SLUICE_SHARE_CYCLE',
  message: 'The shares form a cycle: {path}',
  hint: 'A share must lead to a limit with a rule of its own.',
}
export const SLUICE_GUARANTEE_PARENT: CodeText = {
  code: 'SLUICE_GUARANTEE_PARENT',
  request: true,
  message: 'A limit guarantees a share of a parent whose rule has no periods that are the same for everybody',
  hint: "Give the parent a fixedWindow() since the epoch, a tokenBucket() in mode 'interval' or a burstMax(); or use shareOf() instead of guaranteedShareOf().",
  full: 'The limit {name} guarantees a share of {parent}, whose rule ({value}) has no periods that are the same for everybody',
}
export const SLUICE_GUARANTEE_SUM: CodeText = {
  code: 'SLUICE_GUARANTEE_SUM',
  message: 'The limits {names} guarantee more than all of {parent} together',
  hint: 'Lower their ratios to a sum of at most 1; where many keys share one limit, to what the keys expected at once leave each.',
}
export const SLUICE_GUARANTEE_OPTION: CodeText = {
  code: 'SLUICE_GUARANTEE_OPTION',
  message: 'The limit {name} guarantees a share of {parent} and cannot have {option} of its own',
  hint: 'Leave {option} out: it counts what {parent} is charged.',
}
export const SLUICE_VERSIONS: CodeText = {
  code: 'SLUICE_VERSIONS',
  message: '{name} is of version {version}, and @sluice/core of version {core}',
  hint: 'Install all packages of sluice at one version. `npm ls @sluice/core` shows which package brings another one.',
}
export const SLUICE_VERSION: CodeText = {
  code: 'SLUICE_VERSION',
  message: 'version is {value}',
  hint: "Use a whole number in a string, such as a build number ('412') or a date ('20261122'), of at most 15 digits.",
}
export const SLUICE_VERSION_LOWER: CodeText = {
  code: 'SLUICE_VERSION_LOWER',
  message: 'version is {value}, which is lower than {current}, the one in force',
  hint: 'Raise it: versions grow with every change, also with one that goes back to old numbers.',
}

// Options of HTTP guards
export const SLUICE_ADDRESS: CodeText = {
  code: 'SLUICE_ADDRESS',
  request: true,
  message: 'The address of the client is needed, and this connection has none',
  hint: "A proxy that connects through a Unix socket, or calls a Lambda, is trusted by the word 'unix' in `trust`. A client that has hung up has no address any more, which needs no action. On Hono `connInfo` says the address, and `remoteAddress` to guardFetch. A limit with a `by` of its own needs none; a deny list always does.",
}
export const SLUICE_POLICY_SOURCE: CodeText = {
  code: 'SLUICE_POLICY_SOURCE',
  message: 'The policy cannot be read: {reason}',
  hint: 'See that it is there and may be read; what was in force before stays in force until it can be.',
}

// What a call was given
export const SLUICE_COST: CodeText = {
  code: 'SLUICE_COST',
  request: true,
  message: 'A cost must be a whole number from 0 to 9,007,199,254,740,991, and is not',
  hint: 'Round a fraction up with Math.ceil(cost); for a negative cost use refund().',
  full: 'The cost for {name} must be a whole number from 0 to 9,007,199,254,740,991, but is {value}',
}
export const SLUICE_KEY: CodeText = {
  code: 'SLUICE_KEY',
  request: true,
  message: 'The key for a limit has a type that no key has',
  hint: 'Return a string, finite number, bigint, boolean or a list of those, or `skip` of @sluice/core where the limit does not apply. null and undefined are faults, since a client can leave a field out or send null.',
}
export const SLUICE_WHEN: CodeText = {
  code: 'SLUICE_WHEN',
  request: true,
  message: 'The `when` of a limit answered neither true nor false',
  hint: 'Return true where the limit applies, and false where it does not: `Boolean(value)` makes one of anything.',
}
export const SLUICE_RULE: CodeText = {
  code: 'SLUICE_RULE',
  request: true,
  message: 'The rule for a limit is not a rule',
  hint: 'Pass the object that tokenBucket() or another rule function of @sluice/core returned. A copy of it (spread, JSON, structuredClone) loses its kind: call the function again.',
  full: 'The rule for {name} is {value}, which is not a rule',
}
export const SLUICE_FUNCTION: CodeText = {
  code: 'SLUICE_FUNCTION',
  request: true,
  message: 'The {function} function of a limit failed',
  hint: 'See the cause; `onFault` decides what callers get meanwhile.',
}
export const SLUICE_FUNCTION_TIMEOUT: CodeText = {
  code: 'SLUICE_FUNCTION_TIMEOUT',
  request: true,
  message: 'The {function} function did not answer within `functionTimeout`',
  hint: 'See why it takes so long, or raise `functionTimeout`; `onFault` decides what callers get meanwhile.',
}
export const SLUICE_LOOKUPS: CodeText = {
  code: 'SLUICE_LOOKUPS',
  request: true,
  message: 'A look-up was not started, because as many as `inFlight` allows have no answer yet',
  hint: 'See why they take so long, or raise `inFlight` of cached().',
}
export const SLUICE_RESERVE_NEEDED: CodeText = {
  code: 'SLUICE_RESERVE_NEEDED',
  request: true,
  message: 'A limit holds a slot until it is given back, and consume() has no way to give it back',
  hint: 'Use reserve(), then settle() or cancel().',
}
export const SLUICE_DEBT_BOUND: CodeText = {
  code: 'SLUICE_DEBT_BOUND',
  request: true,
  message: 'Units beyond the largest debt of a limit were not charged',
  hint: 'Estimate closer to what is finally used; a bucket owes at most its capacity.',
}
export const SLUICE_LIMITS_MANY: CodeText = {
  code: 'SLUICE_LIMITS_MANY',
  message: 'The store decides at most {most} such limits in one step, and here are {count}',
  hint: 'Use fewer limits, or divide them over two limiters of which the second extends the reservation of the first.',
}
export const SLUICE_BLOCKS_MANY: CodeText = {
  code: 'SLUICE_BLOCKS_MANY',
  message: 'The memory store has {most} blocked keys already, as many as it keeps',
  hint: 'Block whole networks with `denyList`, lift blocks that are no longer needed, or raise `maxBuckets`.',
}
export const SLUICE_SETTLED_LATE: CodeText = {
  code: 'SLUICE_SETTLED_LATE',
  request: true,
  message: 'A reservation was settled after its lifetime, so that its charge stays as it was',
  full: 'A reservation of {limits} was settled after its lifetime, so that its charge stays as it was',
  hint: 'Settle it sooner, call renew() on it while the work goes on, or raise `handleLifetime` of the store.',
}
export const SLUICE_ABORTED: CodeText = {
  code: 'SLUICE_ABORTED',
  request: true,
  message: 'The call was aborted before it was decided',
  hint: 'See the cause.',
}
export const SLUICE_CLOSED: CodeText = {
  code: 'SLUICE_CLOSED',
  request: true,
  message: 'This {what} is closed',
  hint: 'Create a new one; close() is final.',
}
export const SLUICE_FOREIGN_RESERVATION: CodeText = {
  code: 'SLUICE_FOREIGN_RESERVATION',
  request: true,
  message: 'A reservation given as `extend` was not made by a limiter on this store',
  hint: 'Pass reservations of limiters that share this store, or cancel it yourself.',
}
export const SLUICE_STORE_UNGUARDED: CodeText = {
  code: 'SLUICE_STORE_UNGUARDED',
  message: 'The store is one of your own, and nothing decides while it fails',
  hint: 'Pass `store: surviveOutages(yourStore, { processes })` of @sluice/core, with the number of processes that share the store.',
}
export const SLUICE_STORE: CodeText = {
  code: 'SLUICE_STORE',
  request: true,
  message: 'The store cannot answer',
  hint: 'See the cause; `onOutage` of each limit decided meanwhile.',
}
export const SLUICE_OUTAGE: CodeText = {
  code: 'SLUICE_OUTAGE',
  message: 'The store cannot answer: {reason}',
  hint: 'The `onOutage` of each limit decides until it answers again. {fix}',
}
export const SLUICE_OUTAGE_ENDED: CodeText = {
  code: 'SLUICE_OUTAGE_ENDED',
  message: 'The store answers again, after {seconds} s. It last failed with: {reason}',
  hint: 'Limits are decided by the store again.',
}
export const SLUICE_PREFIX: CodeText = {
  code: 'SLUICE_PREFIX',
  message: 'The keys of a Redis store cannot begin with {value}',
  hint: 'Use 1 to 64 printable ASCII characters without braces, in `prefix` and in the `keyPrefix` of the client.',
}
export const SLUICE_STORE_LATE: CodeText = {
  code: 'SLUICE_STORE_LATE',
  request: true,
  message: 'The store did not answer within its `timeout`',
  hint: 'Look after the store, or raise `timeout`.',
}
export const SLUICE_STORE_UNSENT: CodeText = {
  code: 'SLUICE_STORE_UNSENT',
  request: true,
  message: 'The call was not sent to the store, because its time was over before',
  hint: 'See what keeps this process busy for so long, or raise `timeout`.',
}
export const SLUICE_STORE_ANSWER: CodeText = {
  code: 'SLUICE_STORE_ANSWER',
  message: 'The answer of the store to {verb} is not one',
  hint: 'Return what the `Store` contract of @sluice/core says; `onOutage` of each limit decided meanwhile.',
}
export const SLUICE_STORE_ROW: CodeText = {
  code: 'SLUICE_STORE_ROW',
  message: 'A row of the store is not what this version of sluice has written',
  hint: 'Keep the `text` of a row as it is, as a string. If another version wrote it, update all processes, or empty the table.',
}
export const SLUICE_STORE_TRANSACTION: CodeText = {
  code: 'SLUICE_STORE_TRANSACTION',
  message: 'The `transaction` of `lockedStore` has ended without a decision',
  hint: 'Call `decide` once with the rows that were read, write the rows that it returns, and commit.',
}
export const SLUICE_SETTLEMENT_LOST: CodeText = {
  code: 'SLUICE_SETTLEMENT_LOST',
  message:
    '{value} settlements did not reach the store: what they would have returned stays charged, and slots are held until their leases end',
  hint: 'See what kept the store away. A settlement is sent again for ten minutes, while the process runs; at most 10,000 wait.',
}
export const SLUICE_PROCESSES: CodeText = {
  code: 'SLUICE_PROCESSES',
  message: 'While the store cannot answer, each process enforces the whole of every limit, because `processes` is not set',
  hint: 'Set `processes` to the number of processes that share the store, so that each enforces its part; 1 says that there is one. A store of your own gets it by surviveOutages(store, { processes }).',
}
