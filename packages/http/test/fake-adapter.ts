/** An adapter without a server: requests are plain records, and a test ends their responses. */
import type { MaybePromise } from '@sluice/core'
import type { Adapter, Upload } from '../src/guard/adapter.ts'
import { createGuard, type Guard } from '../src/guard/guard.ts'
import type { RequestContext } from '../src/guard/request-context.ts'
import type { Watch } from '../src/guard/request-ledger.ts'
import type { HttpLimit, HttpOptions, ResponseFacts } from '../src/http-limit.ts'
import type { Refusal } from '../src/refusal/refusal.ts'

/** A request of no real framework. */
export interface FakeRequest {
  readonly method?: string
  readonly route?: string
  /** @default '192.0.2.1' */
  readonly address?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly user?: string
  readonly upload?: Upload
}

/** How a fake request is read. @param own - replaces parts of it, such as `split` */
export function fakeAdapter(own: Partial<Adapter<FakeRequest>> = {}): Adapter<FakeRequest> {
  return {
    options: [],
    split: false,
    method: ({ method = 'GET' }) => method,
    route: ({ route = null }) => route,
    remoteAddress: ({ address = '192.0.2.1' }) => address ?? undefined,
    vouchedFor: () => [],
    header: ({ headers = {} }, name) => headers[name],
    uploadOf: ({ upload }) => upload,
    ...own,
  }
}

/** A guard of fake requests. */
export function fakeGuard(options: HttpOptions<FakeRequest>, own: Partial<Adapter<FakeRequest>> = {}): Guard<FakeRequest> {
  return createGuard(options, fakeAdapter(own))
}

/** The end of a response that went well, with other facts where a test names them. */
export function ended(facts: Partial<ResponseFacts> = {}): ResponseFacts {
  return { status: 200, aborted: false, header: () => undefined, ...facts }
}

/** A request in front of a guard, whose end comes when the test says so. */
export interface Visit {
  readonly context: RequestContext<FakeRequest>
  /** Decides the early stages, then the late ones, as adapters do. */
  decide(): MaybePromise<Refusal | null>
  isWatched(): boolean
  end(facts?: Partial<ResponseFacts>): MaybePromise<void>
}

/** Opens a request. */
export function visit(guard: Guard<FakeRequest>, request: FakeRequest = {}, route = guard.root): Visit {
  let finish: Parameters<Watch>[0] | undefined
  const context = guard.open(request, (whenDone) => {
    finish = whenDone
  })
  return {
    context,
    decide: () => guard.decide(context, route.plan, [...route.early, ...route.late]),
    isWatched: () => finish !== undefined,
    end: (facts) => finish?.(ended(facts)),
  }
}

/** Sends a request to a guard, to the end of its response. @returns the status of its refusal, or 200 */
export async function send(guard: Guard<FakeRequest>, request: FakeRequest = {}, route = guard.root): Promise<number> {
  const { decide, end } = visit(guard, request, route)
  const refusal = await decide()
  const status = refusal?.status ?? 200
  await end({ status })
  return status
}

/** Units that a limit has left for a key. An unused bucket is full. */
export async function left(guard: Guard<FakeRequest>, limit: HttpLimit, key: string): Promise<number> {
  const status = await guard.admin.inspect(limit.name, key)
  return status?.remaining ?? (limit.rule as unknown as { readonly capacity: number }).capacity
}
