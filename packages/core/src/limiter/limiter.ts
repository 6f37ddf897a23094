/** The limiter: subjects in, decisions out. A call takes the fast path of the store where there is one, or the general path. */

import { functionTime } from '../deadlines.ts'
import type { Decision } from '../decision.ts'
import { SLUICE_CLOSED } from '../errors.ts'
import { encodeKey, encodeListedKey, hashKeyText, isOwnText, type ListedKey, parseKey } from '../key.ts'
import type { CountingRule } from '../kind.ts'
import type { Mode } from '../limit.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { checkOptions, isForever, oneOf, parseBlockDuration } from '../options.ts'
import { httpOf } from '../request-of-call.ts'
import { resolveShare } from '../rules/share/share.ts'
import { SluiceError, withText } from '../sluice-error.ts'
import type { Migrate, Store, SyncStore } from '../store.ts'
import { decisionOf, promised } from './answer.ts'
import { hasOnlyKnownNames } from './call-options.ts'
import { countAll } from './count-decision.ts'
import { publishDecision, standsFor } from './decision-event.ts'
import type { ResolvedKey } from './gather.ts'
import { type CallHost, type InForce, resolve, runCall, type Verb } from './general-path.ts'
import type { Admin, CallOptions, Limiter, LimiterOptions, SyncLimiter, UpdateOptions } from './limiter-contract.ts'
import { guardedStore, type LimiterGroup, limiterGroup, withStore } from './limiter-store.ts'
import { type CompiledLimit, compilePolicy, limitNamed, nextVersion, type Policy } from './policy.ts'
import { type Reservation, reservationOf } from './reservation.ts'
import { storeReport } from './settled-event.ts'
import { checkUpTo, type Grant, grantOf, type UpToOptions } from './up-to.ts'

/**
 * A limiter: a policy of limits on a store. With a synchronous store and synchronous functions it answers at once.
 * @example
 * ```ts
 * const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * if (!limiter.consume('ada').allowed) throw new Error('slow down')
 * ```
 * @throws SluiceError for every wrong option, before anything is decided
 */
export function createLimiter<C = void>(options: LimiterOptions<C, 'sync', SyncStore>): SyncLimiter<C>
export function createLimiter<C = void>(options: LimiterOptions<C>): Limiter<C>
export function createLimiter<C = void>(options: LimiterOptions<C, Mode>): Limiter<C> {
  checkOptions(options, 'createLimiter', ['limits', 'store', 'onFault', 'functionTimeout', 'version'])
  const store = options.store === undefined ? memoryStore() : guardedStore(options.store)
  return limiterIn(limiterGroup(store, { limiters: 'one', closesStore: options.store === undefined }), { ...options, store })
}

/** A limiter of a group. Its store may be another one than that of the group, which then knows nothing of its limits. */
export function limiterIn<C>(group: LimiterGroup, options: LimiterOptions<C, Mode> & { readonly store: Store }): Limiter<C> {
  const { store } = options
  const { watchers } = group
  const onFault = options.onFault === undefined ? 'throw' : oneOf(options.onFault, 'onFault', ['throw', 'allow', 'deny'])
  const onFailure = (error: SluiceError, limit: string, call: unknown): void => {
    watchers.tell({ type: 'fault', error, limit, http: httpOf(call) })
    if (onFault !== 'allow') throw error
  }
  const host: CallHost = { store, onFault, onFailure, watchers, migrate: 'keepUsed' }
  const compiledFor = { time: functionTime(options.functionTimeout), mostLimits: store.mostLimits }
  const { version = '0' } = options
  let latest = start(compilePolicy(options.limits, version, compiledFor))

  function start(policy: Policy<C>): InForce<C> {
    if (store === group.store) group.enter(policy)
    return {
      policy,
      origin: { store, policy, watchers },
      fastPath: policy.fixedCharges && store.fastPath?.(policy.fixedCharges),
      rows: undefined,
    }
  }

  function inForce(): InForce<C> {
    if (group.isClosed) throw new SluiceError(SLUICE_CLOSED, { what: 'limiter' })
    return latest
  }

  const limiter: Limiter<C> = {
    consume: (subject, o) => decide(host, inForce(), consumed, subject, o),
    consumeUpTo(subject, o) {
      const upTo = checkUpTo(o)
      const { cost, signal } = upTo
      return runCall(host, inForce(), grantedUpTo(upTo), subject, { cost, signal, upTo })
    },
    peek: (subject, o) => runCall(host, inForce(), peeked, subject, o),
    reserve: (subject, o) => decide(host, inForce(), reserved, subject, o),
    refund: (subject, o) =>
      andThen(resolve(host, inForce().policy, subject, o), (charges) =>
        charges instanceof SluiceError ? undefined : store.refund(charges, storeReport(watchers, store, 'refund')),
      ),
    update(limits, o = {}) {
      const how = checkUpdate(o)
      latest = start(compilePolicy(limits, nextVersion(inForce().policy.version, o.version), compiledFor))
      host.migrate = how
    },
    ...bucketVerbs(() => inForce().policy, host),
    observe: watchers.observe,
    close: group.close,
  }
  return withStore(store.sync ? limiter : promised(limiter), store)
}

const consumed: Verb<never, Decision> = { name: 'consume', action: 'consume', answer: (_verdict, decision) => decision }
const peeked: Verb<never, Decision> = { name: null, action: 'peek', answer: (_verdict, decision) => decision }
const reserved: Verb<never, Reservation> = {
  name: 'reserve',
  action: 'reserve',
  answer: ({ hold }, decision, { origin }, call) => reservationOf(decision, hold, origin, call),
}

function grantedUpTo(upTo: UpToOptions): Verb<never, Grant> {
  return { name: 'consumeUpTo', action: 'consume', answer: (verdict, decision, { policy }) => grantOf(verdict, decision, policy, upTo) }
}

/** @throws SluiceError `SLUICE_OPTION_UNKNOWN`, `SLUICE_CHOICE` */
function checkUpdate(o: UpdateOptions): Migrate {
  checkOptions(o, 'update', ['migrate', 'version'])
  return o.migrate === undefined ? 'keepUsed' : oneOf(o.migrate, 'migrate', ['keepUsed', 'keepRemaining', 'proportional', 'reset'])
}

/**
 * Decides on the fast path where it can. All keys are asked first, because a function of the application may call this limiter again. The
 * general path does not ask them a second time.
 */
function decide<C, T>(
  host: CallHost,
  inForce: InForce<C>,
  verb: Verb<C, T>,
  subject: C,
  options: CallOptions | undefined,
): MaybePromise<T> {
  const { policy, fastPath } = inForce
  if (fastPath === undefined || !isDefault(options)) return runCall(host, inForce, verb, subject, options)
  const { limits } = policy
  const keys = new Array<ResolvedKey>(limits.length)
  for (let i = 0; i < limits.length; i++) {
    const key = keyOf(limits[i]!.definition.by, subject)
    keys[i] = key
    if (typeof key !== 'string') return runCall(host, inForce, verb, subject, options, keys)
  }
  const verdict = fastPath.decide(keys as string[], verb.action as 'consume')
  if (verdict === undefined) return runCall(host, inForce, verb, subject, options, keys)
  const decision = decisionOf(verdict, policy.version)
  const { counts } = host.watchers
  if (counts !== undefined) countAll(counts, inForce, verdict)
  if (host.watchers.watched(decision)) {
    const charges = limits.map(({ facts }, i) => ({ limit: facts, key: keys[i] as string }))
    publishDecision(host.watchers, { verb: verb.name!, charges, verdict, decision, options, subject })
  }
  return verb.answer(verdict, decision, inForce, standsFor(options, subject))
}

/** Whether a call has no options, or only default values. */
function isDefault(o: CallOptions | undefined): boolean {
  // The general path refuses what is no object.
  if (typeof o !== 'object' || o === null) return o === undefined
  const { cost = 1, signal, extend } = o
  return cost === 1 && signal === undefined && (extend === undefined || extend?.length === 0) && hasOnlyKnownNames(o)
}

/** The text of a key, or a function that repeats the answer of `by`: the general path awaits it, or refuses it. */
function keyOf<C>(by: (subject: C) => unknown, subject: C): ResolvedKey {
  try {
    const key = by(subject)
    return typeof key === 'string' && isOwnText(key) ? key : textOrAnswer(key)
  } catch (cause) {
    return repeatThrow(cause)
  }
}

function textOrAnswer(key: unknown): ResolvedKey {
  // `skip` is common, and to encode it would make an error with a stack.
  if (typeof key === 'symbol' || (typeof key === 'object' && !Array.isArray(key))) return () => key
  try {
    return encodeKey(key, '')
  } catch {
    return () => key
  }
}

function repeatThrow(cause: unknown): ResolvedKey {
  return () => {
    throw cause
  }
}

/** The rule of a limit where it is the same for every call: its own, or a share of such a rule. */
function knownRule<C>(policy: Policy<C>, { fixedRule, share, parentAt, facts }: CompiledLimit<C>): CountingRule | undefined {
  if (share === undefined) return fixedRule
  const parent = knownRule(policy, policy.limits[parentAt]!)
  return parent && resolveShare(share, parent, facts.name)
}

/** Blocked keys that are listed at most. */
const mostListed = 1000

/** The verbs of a limiter for its operators. @param current - the policy in force; throws once the limiter is closed */
function bucketVerbs<C>(current: () => Policy<C>, host: CallHost): Pick<Admin, 'inspect' | 'reset' | 'resetAll' | 'block' | 'bans'> {
  const { store } = host
  const textOf = ({ facts: { name }, definition }: CompiledLimit<C>, key: ListedKey): string => {
    const text = encodeListedKey(key, name)
    return definition.hashKey === true ? hashKeyText(text) : text
  }
  return {
    inspect(name, key) {
      const policy = current()
      const limit = limitNamed(policy, name)
      const rule = knownRule(policy, limit)
      const terms = rule === undefined ? null : limit.termsOf(rule)
      return store.inspect(limit.facts, textOf(limit, key), terms, host.migrate)
    },
    reset(name, key) {
      const limit = limitNamed(current(), name)
      return store.reset(limit.facts, textOf(limit, key))
    },
    resetAll: (name) => store.resetAll(limitNamed(current(), name).facts),
    block(name, key, duration) {
      const limit = limitNamed(current(), name)
      const text = textOf(limit, key)
      return store.block(
        limit.facts,
        text,
        withText('fixed', () => parseBlockDuration(duration, 'duration')),
      )
    },
    bans: (name) =>
      andThen(store.blocked(limitNamed(current(), name).facts, mostListed), (blocked) =>
        blocked.map(({ key, blockedForMs }) => ({ key: parseKey(key), blockedForMs: isForever(blockedForMs) ? null : blockedForMs })),
      ),
  }
}
