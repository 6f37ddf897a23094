/** The keys of one account. They share its quota, so they share one provider with one mirror. */
import type { AcquireOptions } from '../provider/acquire-options.ts'
import type { Permit } from '../provider/permit.ts'
import type { Provider } from '../provider/provider.ts'
import type { KeyPlan, Tier } from './pool-options.ts'

/** A key of a pool. */
export interface Key {
  readonly label: string
  readonly group: KeyGroup
  /** `'draining'` and `'evicted'` keys send no new call. */
  state: 'active' | 'draining' | 'evicted'
  /** Status for which the provider refused the key. */
  refusedWith: number | undefined
  inFlight: number
  /** What waits until no call is in flight with the key. */
  readonly idle: (() => void)[]
  readonly authorize: KeyPlan['authorize']
}

export interface KeyGroup {
  readonly name: string
  readonly tier: Tier
  readonly provider: Provider
  readonly keys: Set<Key>
  /** Calls in the queue of the provider. Each function takes one out, so that it goes to another group. */
  readonly waiting: Set<() => void>
}

/** Whether a key of the group may send. @param not - label of a key that may not */
export function isUsable(group: KeyGroup, not: string | undefined): boolean {
  return pickKey(group, not) !== undefined
}

/** The active key of a group with the fewest calls in flight. They share one quota, so any of them will do. */
export function pickKey({ keys }: KeyGroup, not: string | undefined): Key | undefined {
  let best: Key | undefined
  for (const key of keys) {
    if (key.state !== 'active' || key.label === not) continue
    if (best === undefined || key.inFlight < best.inFlight) best = key
  }
  return best
}

/** Sends the calls that wait for a group without keys to other groups. */
export function moveWaiting(group: KeyGroup): void {
  if (isUsable(group, undefined)) return
  for (const move of [...group.waiting]) move()
}

/** A call leaves the queue of its group for another one. It is no fault of the caller, and no caller sees it. */
const moved: unique symbol = Symbol('moved to another group of keys')

/**
 * Waits in the queue of a group.
 * @returns the permit, or `undefined` if the keys of the group are gone meanwhile
 */
export async function acquireIn(group: KeyGroup, call: AcquireOptions): Promise<Permit | undefined> {
  const { signal } = call
  const stop = new AbortController()
  const abort = (): void => stop.abort(signal?.reason)
  const move = (): void => stop.abort(moved)
  signal?.addEventListener('abort', abort)
  group.waiting.add(move)
  try {
    return await group.provider.acquire({ ...call, signal: stop.signal })
  } catch (error) {
    if (error === moved) return undefined
    throw error
  } finally {
    group.waiting.delete(move)
    signal?.removeEventListener('abort', abort)
  }
}

/** A call with the key has ended. */
export function endCall(key: Key): void {
  key.inFlight -= 1
  if (key.inFlight === 0) for (const resolve of key.idle.splice(0)) resolve()
}
