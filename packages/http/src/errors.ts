/** The error codes of this package: what guards, addresses, headers and refusals report. */
import type { SluiceError as CoreError } from '@sluice/core'
import { type CodesOf, type CodeText, errorsOf } from '@sluice/core/internal'

export const SLUICE_QUOTA: CodeText = {
  code: 'SLUICE_QUOTA',
  message: 'A request for a quota was answered with 500: {reason}',
  hint: 'See that `identify` returns the subject of the request, or null where it has none, and that the functions of the limits take it.',
}
export const SLUICE_QUOTA_QUEUE: CodeText = {
  code: 'SLUICE_QUOTA_QUEUE',
  message: 'A quota was answered without the queue of its caller: {reason}',
  hint: 'See that `queue` returns `{ position, waiting, waitMs }` or null in time, such as `provider.queueOf(user)` of @sluice/egress does.',
}
export const SLUICE_SUBJECT: CodeText = {
  code: 'SLUICE_SUBJECT',
  request: true,
  message: 'The subject for a bound limiter is null',
  hint: 'Return `skip` of @sluice/core where the limiter does not apply. null is a fault, since a client can send it.',
}
export const SLUICE_CIDR: CodeText = {
  code: 'SLUICE_CIDR',
  message: '{option} has {value}, which is no address range: {why}',
  hint: "Write one address (192.0.2.7, 2001:db8::1) or a range (10.0.0.0/8, 2001:db8::/32). `trust` also takes 'loopback', 'link-local', 'private' and 'unix'.",
}
export const SLUICE_TRUST_EVERYONE: CodeText = {
  code: 'SLUICE_TRUST_EVERYONE',
  message: '{option} has {value}, which covers every address: any client can then pass for any other by a forwarding header',
  hint: 'List the ranges of your own proxies alone.',
}
export const SLUICE_TRUST_ADDRESS: CodeText = {
  code: 'SLUICE_TRUST_ADDRESS',
  message: '{header} came over a connection that has no address, and was ignored',
  hint: "If a proxy connects through a Unix socket, or an AWS load balancer calls a Lambda, write `trust: { hops: 1, from: 'unix' }`. A client that has hung up has no address either, which needs no action.",
}
export const SLUICE_TRUST_MISSING: CodeText = {
  code: 'SLUICE_TRUST_MISSING',
  message: 'X-Forwarded-For came from {peer}, but no proxy is trusted: every client behind one proxy shares one bucket',
  hint: "Set `trust` to the ranges of your proxies, such as ['10.0.0.0/8']. Where no proxy stands in front, clients sent it and it was rightly ignored.",
}
export const SLUICE_TRUST_STRANGER: CodeText = {
  code: 'SLUICE_TRUST_STRANGER',
  message: '{header} came from {peer}, which is no trusted proxy, and was ignored',
  hint: 'If {peer} is one of your proxies, add its range to `trust`; if not, a client tried to pass for another and failed.',
}
export const SLUICE_TRUST_SHORT: CodeText = {
  code: 'SLUICE_TRUST_SHORT',
  message: 'X-Forwarded-For from the trusted proxy {peer} has fewer entries than the {hops} hops of `trust`, and the first one counted',
  hint: 'If every request takes fewer proxies, lower `hops`: a client can otherwise write its own address. If only some do, let no client reach the inner proxies directly.',
}
export const SLUICE_TRUST_UNREAD: CodeText = {
  code: 'SLUICE_TRUST_UNREAD',
  message: 'A request of the trusted proxy {peer} has no single address in {header}, so that it counts for the proxy itself',
  hint: 'Check the name of the header, and that the proxy overwrites it. Health checks of the proxy itself need no action.',
}
export const SLUICE_TRUST_HEADER_LIST: CodeText = {
  code: 'SLUICE_TRUST_HEADER_LIST',
  message: 'trust.header is {value}, which is a list that each proxy adds to',
  hint: 'List the proxies, or count them with `hops`: then X-Forwarded-For is read. `header` is for a header of one address, which the proxy overwrites.',
}
export const SLUICE_TRUST_PROXY: CodeText = {
  code: 'SLUICE_TRUST_PROXY',
  message: "The framework's own proxy setting ({value}) believes any forwarding header: each client can choose its address",
  hint: "List your proxies instead, here as `trust: ['10.0.0.0/8']` or there.",
}
export const SLUICE_TRUST_HOPS: CodeText = {
  code: 'SLUICE_TRUST_HOPS',
  message: "The framework's own proxy setting ({value}) counts hops, and believes every peer: a client past the proxy chooses its address",
  hint: "Write `trust: { hops: {hops}, from: ['10.0.0.0/8'] }` with the ranges of the proxies that connect to this server.",
}
export const SLUICE_TRUST_NO_HOPS: CodeText = {
  code: 'SLUICE_TRUST_NO_HOPS',
  message:
    "The framework's own proxy setting ({value}) trusts no proxy in this version of it: every client behind one proxy shares one bucket",
  hint: "Write `trust: { hops: {hops}, from: ['10.0.0.0/8'] }` with the ranges of the proxies that connect to this server.",
}
export const SLUICE_HEADER_NAME: CodeText = {
  code: 'SLUICE_HEADER_NAME',
  message: '{option} is {value}, which no header of an application can be called',
  hint: "Write a name such as 'X-Quota-Remaining': a letter, then letters, digits and hyphens, 64 at most. Fields that HTTP gives a meaning, such as RateLimit, Set-Cookie or Content-Length, are taken.",
}
export const SLUICE_STATUS: CodeText = {
  code: 'SLUICE_STATUS',
  message: '{option} is {value}, which is no status of a refusal',
  hint: 'Write 429, 503, or another status from 400 to 599. 401, 405, 407 and 426 need a header that a refusal has not, and clients repeat a 408, 421 or 425 at once.',
}
export const SLUICE_HEADER_TWICE: CodeText = {
  code: 'SLUICE_HEADER_TWICE',
  message: 'Two entries of `headers` write {header}',
  hint: "Keep one of them: a header has one meaning. 'x-ratelimit-delta' and 'x-ratelimit-epoch' exclude each other.",
}
export const SLUICE_ADDRESS_KEY: CodeText = {
  code: 'SLUICE_ADDRESS_KEY',
  message: 'A text that must name one client by its address does not',
  hint: 'Pass an IP address in any notation, such as 192.0.2.7 or 2001:db8::1. A network must lie within one key: IPv6 clients are counted by their /56, unless `ipv6Prefix` says otherwise.',
}
export const SLUICE_KEY_IPV6: CodeText = {
  code: 'SLUICE_KEY_IPV6',
  message: 'The `by` of the limit {name} returned a bare IPv6 address, so that one household has a budget for each of its addresses',
  hint: 'Return `http.address`, or `addressKey(text)` of an address from elsewhere: both count IPv6 clients by their network.',
}
export const SLUICE_CONN_INFO: CodeText = {
  code: 'SLUICE_CONN_INFO',
  message: '{what} needs the address of the client, which this guard was not told how to know',
  hint: "Pass `connInfo`, the `getConnInfo` of your runtime, or `remoteAddress` to guardFetch. Behind a proxy without an address, such as an AWS load balancer, `trust: { hops: 1, from: 'unix' }` does. A limit with a `by` of its own needs none.",
}
export const SLUICE_TWO_STORES: CodeText = {
  code: 'SLUICE_TWO_STORES',
  request: true,
  message: 'Two guards of one request keep their buckets in different stores',
  hint: 'Pass the same `store` to both, or derive one guard from the other: all limits of a request are decided together.',
}
export const SLUICE_ROUTE_FUNCTION: CodeText = {
  code: 'SLUICE_ROUTE_FUNCTION',
  request: true,
  message: 'The {function} function of a guard or a route failed',
  hint: 'See the cause; `onFault` decides what callers get meanwhile.',
}
export const SLUICE_HOOK: CodeText = {
  code: 'SLUICE_HOOK',
  message: 'The limit {name} has {option}: {value}, but this adapter decides all limits of a guard at once',
  hint: 'Leave {option} out and place the guard where the limit is to be decided: before or behind what finds the user and the body.',
}
export const SLUICE_REFUSED_ANSWER: CodeText = {
  code: 'SLUICE_REFUSED_ANSWER',
  request: true,
  message: '`onRefused` answered something else than a Response',
  hint: 'Return a Response from it. Where it returns nothing, sluice answers.',
}
export const SLUICE_UNANSWERED: CodeText = {
  code: 'SLUICE_UNANSWERED',
  message: '`onRefused` left a refused request without an answer for {seconds} seconds, and sluice answered instead',
  hint: 'End the response on every path of it, or leave it out: then sluice answers at once.',
}
export const SLUICE_EARLY_HEAD: CodeText = {
  code: 'SLUICE_EARLY_HEAD',
  request: true,
  message: 'A request was refused when the head of its response had been sent, so that no status can tell the client',
  hint: 'Put the guard in front of everything that writes into the response.',
}
export const SLUICE_BOUND: CodeText = {
  code: 'SLUICE_BOUND',
  message: '{option} was not made by `bind`',
  hint: 'Write `limiter: bind(limiter, (request) => subject)`.',
}

export const SLUICE_UNCALLED: CodeText = {
  code: 'SLUICE_UNCALLED',
  request: true,
  message: 'The framework was given the function {function} itself, and calls it with a request in place of options',
  hint: 'Write {what}.',
}
export const SLUICE_SLOW_DOWN: CodeText = {
  code: 'SLUICE_SLOW_DOWN',
  message: '{option} is {value}, and the capacity of the rule is {capacity}: no request would ever wait',
  hint: 'Lower `after` below the capacity, or raise the capacity. Requests wait from `after` up to the capacity, and above it they are refused.',
}
export const SLUICE_UNLIMITED: CodeText = {
  code: 'SLUICE_UNLIMITED',
  message: 'A guard has no limit on any of its routes, and no deny list: it lets every request through',
  hint: "Pass `limits: [{ name: 'ip', rule: tokenBucket(...) }]` to the guard or to a route, or remove the guard.",
}
export const SLUICE_GUARD_PER_REQUEST: CodeText = {
  code: 'SLUICE_GUARD_PER_REQUEST',
  message:
    'The last {count} guards, with the limit {name}, were each made for one request: a new guard has a new store, so that no request is refused',
  hint: 'Make each guard once, before the server listens. What depends on the request is a function: `rule: (request) => tokenBucket(...)`. A test that makes a guard for one request needs no action.',
}
export const SLUICE_LIMITS_JOINED: CodeText = {
  code: 'SLUICE_LIMITS_JOINED',
  message: 'Two guards of one request have a limit named {name}, each in a store of its own: it is counted twice, and headers tell of one',
  hint: 'Derive one guard from the other (`guard.with`), pass the same `store` to both, or rename one of the limits.',
}

/** A code of `SluiceError` that only this package uses. */
export type HttpCode = keyof CodesOf<typeof import('./errors.ts')>

declare module '@sluice/core' {
  interface SluiceCodes extends CodesOf<typeof import('./errors.ts')> {}
}

/** The version that the build writes. */
declare const SLUICE_VERSION: string | undefined

/** The error class of the core. */
export const SluiceError: typeof CoreError = errorsOf('@sluice/http', typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : undefined)
export type SluiceError = CoreError
