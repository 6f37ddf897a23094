/**
 * Parts of the contract, by the titles of their cases. All cases run on one adapter in memory. Other adapters and stores run the cases
 * that they can get wrong.
 */

/**
 * What an adapter can get wrong. It reads address, method and route, and writes headers and refusals. It sees the end of a response, and
 * hands faults on. Its hooks run in some order, also for HEAD, 404s and prefixes.
 */
export const adapterCases: readonly string[] = [
  // Headers and refusals
  'a burst of 15 requests against a capacity of 10 gives ten 200 and five 429, all with headers',
  'a burst of eight pipelined requests in one write against a limit of 3 gives exactly three 200, counted down',
  'a refusal may be kept by no cache, and a passing response is left alone',
  'a refusal is problem details for programs',
  "the application's own words may be the whole answer, with the status and the headers already set",
  'a refusal is answered by sluice where an onRefused answers nothing %s',
  'a refusal has no wait for an onRefused that only logs, %s',
  'a refusal is served where an onRefused hands it on, with the status of its handler',
  'a refusal keeps its fields where an onRefused redirects it, and the status of the redirect',
  'an onRefused that answers later is waited for',
  'an onRefused that does not answer in time leaves the refusal in our words, unless faults are thrown',
  'a body of the application may be %s, sent as they are',
  'a response that a proxy passes on has the fields of the guard and none of its upstream, in every family that the guard writes',
  'a response that its handler writes past the framework has the fields of the guard, or all of those that the handler writes, and never a mixture',
  'a response that its handler writes past the framework is settled by the status and the headers that the client got, and gives back its slot',
  // Method, route and address
  'HEAD shares the budget of GET and tells of it',
  'HEAD shares the budget of GET on a route with limits of its own, decided by the user',
  'HEAD is refused without a body',
  'a path without a handler is counted, and tells of it',
  'a path without a handler is counted by limits with a key of their own',
  'http.route is the pattern, or null, and never what the client wrote',
  'a handler finds the decision',
  'a handler finds the facts of its request',
  'a handler finds no header that the client did not send, whatever JavaScript knows by that name',
  'with no trusted proxy the socket counts',
  'with trusted proxies several lines are one chain',
  'with proxies that are counted the entry at the number of hops counts, and nothing left of it',
  'with a named header it alone counts from a listed proxy',
  'a connection without an address is a proxy where `trust` says so: %j',
  'a connection without an address is counted by the address that its proxy writes, where `by` reads it',
  // Guards within guards, and the order of hooks
  'two guards on one request make one valid field, the outer limit first',
  'two guards on one request charge no limit when the inner one refuses, and the headers show the state after that',
  'two guards on one request count a limit that both have once',
  'two guards on one request may stand around a third',
  'the cost of a route tops up what was charged before the body was there',
  'a route that says false is neither counted nor told of',
  'a route that inherits nothing has its own limits alone',
  'the deny list refuses its addresses with 403, in the form the client reads',
  '%s is refused so without any limit',
  // CORS
  'a preflight is charged like any request where a handler answers it',
  'a preflight costs nothing in the end where CORS answers it, unless that is the handler',
  'a preflight stays charged where its path has no handler',
  "the application's CORS covers a refusal, so that scripts of another origin can read it",
  // The end of a response
  'a client that hangs up while its key is looked up is settled as aborted',
  'a client that hangs up in the middle of the answer is settled as aborted',
  'a client that hangs up after the whole answer is settled as answered',
  'a client that hangs up with several requests in flight is settled for each of them',
  'a limit on concurrency refuses what comes while its slots are held, tells no time, and lets it in afterwards',
  'a limit on concurrency is free again when the client hangs up in the middle of the answer',
  'a limit on concurrency is held for as long as an event stream lasts, longer than its lease, and is free once it has ended',
  'an adaptive limit takes the slot of an upload that comes in parts when it is there, and hands on all of it',
  'a settlement is told of the response, the request and the facts, once',
  'the handler gives everything back',
  'a stream of events that the server ends is settled as answered',
  'a stream of events that the client closes is settled as aborted, with the status that it got',
  'a stream of events that an error of the server breaks off is settled as aborted, and the client sees that it is not whole',
  // Events
  'the event of a decision has method, route, address and the request itself, which no log shows',
  'the event of a decision of a bound limiter has the request as well',
  'the event of a decision counts a request in two stages once for each limit, also one that is refused in the second',
  // Faults
  'does not start %s: a guard with %o',
  'does not start %s: a route with %o',
  'a fault of %s is answered with a problem document that says its code alone',
  'a fault of %s goes to the error handler of the application, whose message names nothing and whose properties do',
  'a fault of a HEAD request has the same fields and no body',
  'a refusal that the application answers itself, and fails to, goes to the framework',
]

/** What a store can get wrong under HTTP: its answers come later, and the client may be gone by then. */
export const storeCases: readonly string[] = [
  'a burst of eight pipelined requests in one write against a limit of 3 gives exactly three 200, counted down',
  'a burst of eight pipelined requests whose keys are looked up at the same time gives exactly three 200',
  'a burst of eight requests at once on eight connections against a limit of 3 passes exactly three',
  'Retry-After is the truth: a second earlier is refused, then admitted',
  'Retry-After is missing where no wait helps, and the bucket stays as it was',
  'two guards on one request charge no limit when the inner one refuses, and the headers show the state after that',
  'the cost of a route tops up what was charged before the body was there',
  'the cost of a route that cannot be paid gives back what was charged before',
  'a limit on failures, debited %s charges no success',
  'a limit on failures, debited %s charges failures, those of unknown paths and of handlers that throw included',
  'a settlement of more than was there is debt, which the next request waits for',
  'the handler settles once',
  'the handler gives everything back',
  'a client that hangs up while its key is looked up is settled as aborted',
  'a bound limiter stands within the limits of the guard, on one store or on two: its refusal charges none of them',
  'an operator blocks a key for a while, and lifts it',
  'the events of a request add up to what its buckets have lost',
  'a limit on concurrency refuses what comes while its slots are held, tells no time, and lets it in afterwards',
  'a limit on concurrency is free again when the client hangs up while its key is looked up',
  'a limit on concurrency is held for as long as an event stream lasts, longer than its lease, and is free once it has ended',
  'a key has a bucket of its own, however odd it is',
]
