/** A limit under HTTP as the core decides it: its subject is a request and the facts of it. */
import { type Limit, type LimitBase, SluiceError } from '@sluice/core'
import { checkOptions, isPromise, oneOf, optionalOf } from '@sluice/core/internal'
import type { HttpFacts } from '../http-facts.ts'
import type { HttpLimit } from '../http-limit.ts'
import { bareIpv6Watch } from './bare-ipv6-watch.ts'

/** What limits under HTTP are decided for. */
export interface HttpSubject<R> {
  readonly request: R
  readonly http: HttpFacts
}

type AskedOf<R> = (request: R, http: HttpFacts) => never

const made = new WeakMap<object, Limit<never>>()
const httpNames = ['settle', 'status', 'hook']
const coreNames: readonly (keyof LimitBase<never, 'async'>)[] = [
  'name',
  'shadow',
  'disclose',
  'onOutage',
  'nearAt',
  'initial',
  'debit',
  'ban',
]

/**
 * The core's form of a limit; the same object each time, so that one limit on many routes is one definition.
 * @throws SluiceError for wrong options that only HTTP has; the core checks the others
 */
export function coreLimit<R>(limit: HttpLimit<R>): Limit<HttpSubject<R>> {
  const known = made.get(limit)
  if (known !== undefined) return known
  checkOptions(limit, 'limit', [...coreNames, 'by', 'rule', 'cost', 'when', ...httpNames])
  optionalOf(limit.settle, `${limit.name}.settle`, 'function')
  optionalOf(limit.by, `${limit.name}.by`, 'function')
  optionalOf(limit.when, `${limit.name}.when`, 'function')
  if (limit.status !== undefined && limit.status !== 429 && limit.status !== 503) {
    throw new SluiceError('SLUICE_CHOICE', { option: `${limit.name}.status`, value: limit.status, choices: [429, 503] })
  }
  const core = {
    ...Object.fromEntries(coreNames.filter((name) => limit[name] !== undefined).map((name) => [name, limit[name]])),
    by: limit.by === undefined ? byAddress : watchedKey(limit.name, limit.by as AskedOf<R>),
    rule: typeof limit.rule === 'function' ? ofSubject(limit.rule as AskedOf<R>) : limit.rule,
    cost: typeof limit.cost === 'function' ? ofSubject(limit.cost as AskedOf<R>) : limit.cost,
    when: limit.when === undefined ? undefined : ofSubject(limit.when as AskedOf<R>),
  } as unknown as Limit<HttpSubject<R>>
  made.set(limit, core)
  return core
}

function byAddress({ http }: HttpSubject<unknown>): string {
  return http.address
}

/** A function of the application, asked with what HTTP has. Definitions are compared by the text of their functions: its own, not ours. */
function ofSubject<R>(fn: AskedOf<R>): (subject: HttpSubject<R>) => never {
  const asked = ({ request, http }: HttpSubject<R>): never => fn(request, http)
  asked.toString = () => String(fn)
  return asked
}

/** The `by` of an application, whose keys are watched for bare IPv6 addresses. */
function watchedKey<R>(name: string, by: AskedOf<R>): (subject: HttpSubject<R>) => never {
  const watch = bareIpv6Watch(name)
  const asked = ({ request, http }: HttpSubject<R>): never => {
    const key = by(request, http) as unknown
    if (isPromise(key)) return watchLate(key, watch) as never
    watch(key)
    return key as never
  }
  asked.toString = () => String(by)
  return asked
}

/** Beside the way of the request, which takes no turn longer. A thenable is made a promise first, since a query runs at each `then`. */
function watchLate(key: PromiseLike<unknown>, watch: (key: unknown) => void): Promise<unknown> {
  const promise = Promise.resolve(key)
  promise.then(watch, ignore)
  return promise
}

function ignore(): void {
  // The limiter makes a fault of it.
}

/** For adapters that decide all limits where the guard stands. @throws SluiceError `SLUICE_HOOK` for a limit that asks for another place */
export function refuseHooks<R>(limits: readonly (HttpLimit<R> & { readonly hook?: unknown })[]): void {
  for (const { name, hook } of limits) if (hook !== undefined) throw new SluiceError('SLUICE_HOOK', { name, value: hook })
}

/** When a limit is decided: as early as possible where the address is enough, after authentication where it is not. */
export function hookOf<R>(limit: HttpLimit<R> & { readonly hook?: unknown }): 'onRequest' | 'preHandler' {
  if (limit.hook !== undefined) return oneOf(limit.hook, `${limit.name}.hook`, ['onRequest', 'preHandler'])
  return limit.by === undefined ? 'onRequest' : 'preHandler'
}
