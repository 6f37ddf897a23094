/** The keys of a pool and their groups: they come, go, are evicted and come back while calls wait and are in flight. */
import { SLUICE_EGRESS_GROUP, SLUICE_EGRESS_LABEL, SluiceError } from '../errors.ts'
import type { KeyChange } from '../provider/egress-event.ts'
import { createProvider } from '../provider/provider.ts'
import { isUsable, type Key, type KeyGroup, moveWaiting } from './key-group.ts'
import { type KeyOptions, keyPlanOf, mostKeys, type PoolPlan, type Tier, typeError } from './pool-options.ts'

export interface KeyRing {
  readonly groups: ReadonlyMap<string, KeyGroup>
  readonly keys: ReadonlyMap<string, Key>
  add(options: KeyOptions, option?: string): void
  /** Sends no new call with the key. @returns a promise that resolves when it is gone */
  drain(label: string): Promise<void>
  remove(label: string): void
  restore(label: string): void
  /**
   * A key cannot be used.
   * @param status - of the provider; `undefined` if its secret cannot be sent
   * @param refusedKey - label of the key that the provider refused for the same call before
   */
  evict(key: Key, status: number | undefined, refusedKey?: string): void
  /** Groups of a tier with a key that may send. */
  usable(tier: Tier, not: string | undefined): KeyGroup[]
  /** Tells when a key comes, or the pool closes. @returns a function that stops the waiting */
  onKey(came: () => void): () => void
  readonly isClosed: boolean
  close(): Promise<void>
}

/** What a key ring tells of its changes. */
export interface KeyRingHost {
  changed(key: string, state: KeyChange, status?: number): void
  /** A group is made. */
  opened(group: KeyGroup): void
}

interface RingState {
  readonly plan: PoolPlan
  readonly host: KeyRingHost
  readonly groups: Map<string, KeyGroup>
  readonly keys: Map<string, Key>
  readonly waiting: Set<() => void>
  closed: boolean
}

export function createKeyRing(plan: PoolPlan, host: KeyRingHost): KeyRing {
  const state: RingState = { plan, host, groups: new Map(), keys: new Map(), waiting: new Set(), closed: false }
  return {
    groups: state.groups,
    keys: state.keys,
    add: (options, option = 'key') => add(state, options, option),
    drain: (label) => drain(state, keyOf(state, label)),
    remove: (label) => remove(state, keyOf(state, label)),
    restore: (label) => restore(state, keyOf(state, label)),
    evict: (key, status, refusedKey) => evict(state, key, status, refusedKey),
    usable: (tier, not) => [...state.groups.values()].filter((group) => group.tier === tier && isUsable(group, not)),
    onKey(came) {
      state.waiting.add(came)
      return () => void state.waiting.delete(came)
    },
    get isClosed() {
      return state.closed
    },
    async close() {
      state.closed = true
      wake(state)
      await Promise.all([...state.groups.values()].map(({ provider }) => provider.close()))
    },
  }
}

function keyOf({ keys }: RingState, label: string): Key {
  const key = keys.get(label)
  if (key === undefined) throw new SluiceError(SLUICE_EGRESS_LABEL, { key: label, found: 'no' })
  return key
}

function add(state: RingState, options: KeyOptions, option: string): void {
  const { plan, host, keys } = state
  const { label, authorize, ...rest } = keyPlanOf(options, plan.keyHeader, option)
  if (keys.has(label)) throw new SluiceError(SLUICE_EGRESS_LABEL, { key: label, found: 'already a' })
  if (keys.size >= mostKeys) throw typeError('keys', `at most ${mostKeys} keys`, keys.size + 1)
  const group = groupOf(state, label, rest)
  const key: Key = { label, group, state: 'active', refusedWith: undefined, inFlight: 0, idle: [], authorize }
  group.keys.add(key)
  keys.set(label, key)
  host.changed(label, 'added')
  wake(state)
}

function wake({ waiting }: RingState): void {
  for (const came of [...waiting]) came()
}

type GroupFacts = Pick<ReturnType<typeof keyPlanOf>, 'group' | 'tier' | 'limits'>

/** A group outlives its keys, because its mirror knows what they have sent: the next key of the account goes on from there. */
function groupOf(state: RingState, key: string, { group: name, tier, limits }: GroupFacts): KeyGroup {
  const { plan, host, groups } = state
  const known = groups.get(name)
  const wanted = limits ?? plan.provider.limits
  if (known !== undefined) {
    const capacities = Object.entries(wanted).map(([limit, { capacity }]) => known.provider.limits[limit] === capacity)
    const difference = known.tier !== tier ? 'tier' : capacities.includes(false) ? 'limits' : undefined
    if (difference !== undefined) throw new SluiceError(SLUICE_EGRESS_GROUP, { key, group: name, difference })
    return known
  }
  const names = (of: object): string => Object.keys(of).sort().join()
  if (limits !== undefined && names(limits) !== names(plan.provider.limits)) {
    throw new SluiceError(SLUICE_EGRESS_GROUP, { key, group: name, difference: 'the names of its limits' })
  }
  if (groups.size >= mostKeys) forgetOne(groups)
  const provider = createProvider({ ...plan.provider, limits: wanted, name: `${plan.name}.${name}` })
  const made: KeyGroup = { name, tier, provider, keys: new Set(), waiting: new Set() }
  groups.set(name, made)
  host.opened(made)
  return made
}

/** Makes room for a group. The oldest group without keys and calls goes. */
function forgetOne(groups: Map<string, KeyGroup>): void {
  for (const [name, { keys, waiting, provider }] of groups) {
    if (keys.size > 0 || waiting.size > 0 || provider.snapshot().inFlight > 0) continue
    groups.delete(name)
    void provider.close()
    return
  }
}

async function drain(state: RingState, key: Key): Promise<void> {
  key.state = 'draining'
  state.host.changed(key.label, 'draining')
  moveWaiting(key.group)
  if (key.inFlight > 0) await new Promise<void>((resolve) => key.idle.push(resolve))
  // It may have been restored or removed meanwhile.
  if (key.state === 'draining' && state.keys.get(key.label) === key) remove(state, key)
}

function remove({ keys, host }: RingState, key: Key): void {
  keys.delete(key.label)
  key.group.keys.delete(key)
  host.changed(key.label, 'removed')
  moveWaiting(key.group)
}

function restore(state: RingState, key: Key): void {
  if (key.state === 'active') return
  key.state = 'active'
  key.refusedWith = undefined
  state.host.changed(key.label, 'restored')
  wake(state)
}

/**
 * 401 says that a key is wrong. 403 may also say that no key may do what this call wants. If two keys are refused the same call with 403, the
 * call is to blame, and the first key comes back.
 */
function evict(state: RingState, key: Key, status: number | undefined, refusedKey: string | undefined): void {
  if (key.state !== 'active' || state.keys.get(key.label) !== key) return
  const first = refusedKey === undefined ? undefined : state.keys.get(refusedKey)
  if (status === 403 && first?.refusedWith === 403) {
    restore(state, first)
    return
  }
  key.state = 'evicted'
  key.refusedWith = status
  state.host.changed(key.label, 'evicted', status)
  moveWaiting(key.group)
}
