/** The slots of a memory store: leases by limit and key. */

import type { Micros } from '../../clock.ts'
import type { KeptBeside } from '../../memory/memory-kind.ts'
import { overflowKey } from '../../memory/memory-table.ts'
import type { Charge, Terms } from '../../store.ts'
import { countLeases, type Leases, noLeases, renewLease, takeLease } from './leases.ts'
import type { ConcurrencyRule, SlotsHeld } from './slots.ts'

/** Terms of a limit that counts what happens at the same time. */
export interface SlotTerms extends Terms {
  readonly rule: ConcurrencyRule
}

/** The slots of a key as a call finds them. */
export interface SlotsFound extends SlotsHeld {
  /** The key that they are held under: the own one, or the one of strangers while the store is full. */
  readonly at: string
  /** The terms to decide by: those of the latest policy version. */
  readonly terms: SlotTerms
}

/** The slots of one store. No timer frees them: those of a key expire when it is asked for, others a few with every new key. */
export interface MemorySlots extends KeptBeside {
  find(charge: Charge, now: Micros): SlotsFound
  /** Takes one slot for a charge that found room. */
  take(charge: Charge, found: SlotsFound, now: Micros): void
  /** The lease that was taken last for a key, and the key that it is held under. */
  latest(limit: string, key: string): { readonly at: string; readonly lease: string }
  release(limit: string, at: string, lease: string): void
  /** Prolongs a lease from now on; false if it has expired. */
  renew(limit: string, at: string, lease: string, now: Micros): boolean
  /** What is held under a key, as plain data; `undefined` if nothing is. */
  save(limit: string, key: string): SavedSlots | undefined
  /** Holds what was saved. */
  load(limit: string, key: string, saved: SavedSlots): void
}

/** The slots of one key, as a store of rows keeps them. */
export interface SavedSlots {
  readonly terms: SlotTerms
  /** Name, length and end of each lease, in turn. */
  readonly leases: readonly (readonly [string, Micros, Micros])[]
  readonly lastEnd: Micros
  readonly seen: Micros
}

interface Group {
  readonly leases: Leases
  terms: SlotTerms
  latest: string
}

interface State {
  readonly maxKeys: number
  /** By limit and key. */
  readonly limits: Map<string, Map<string, Group>>
  keys: number
  nameLease(): string
}

/** Keys looked at for each new one, so that those whose holders crashed do not pile up. */
const perNewKey = 2

/** Names leases by numbers from 1 on. */
function countedNames(): () => string {
  let taken = 0
  return () => String(++taken)
}

/**
 * No slots yet.
 * @param maxKeys - keys with slots at once; while that many are in use, others share the slots of one key a limit
 * @param nameLease - gives each lease a name of its own
 */
export function memorySlots(maxKeys: number, nameLease: () => string = countedNames()): MemorySlots {
  const state: State = { maxKeys, limits: new Map(), keys: 0, nameLease }
  const { limits } = state
  return {
    find: (charge, now) => find(state, charge, now),
    take: (charge, found, now) => take(state, charge, found, now),
    latest(limit, key) {
      const groups = limits.get(limit)
      const at = groups?.has(key) === true ? key : overflowKey
      return { at, lease: groups?.get(at)?.latest ?? '' }
    },
    release(limit, at, lease) {
      const leases = limits.get(limit)?.get(at)?.leases.byId
      leases?.delete(lease)
      if (leases?.size === 0) drop(state, limit, at)
    },
    renew(limit, at, lease, now) {
      const group = limits.get(limit)?.get(at)
      return group !== undefined && renewLease(group.leases, lease, now)
    },
    termsOf(limit, key, now) {
      const group = limits.get(limit)?.get(key)
      return group !== undefined && countLeases(group.leases, now) > 0 ? group.terms : undefined
    },
    save(limit, key) {
      const group = limits.get(limit)?.get(key)
      if (group === undefined) return undefined
      const { terms, leases } = group
      const saved = [...leases.byId].map(([name, { lengthUs, end }]) => [name, lengthUs, end] as const)
      return { terms, leases: saved, lastEnd: leases.lastEnd, seen: leases.seen }
    },
    load(limit, key, { terms, leases: saved, lastEnd, seen }) {
      const byId = new Map(saved.map(([name, lengthUs, end]) => [name, { lengthUs, end }]))
      const firstEnd = saved.reduce((first, [, , end]) => Math.min(first, end), Number.POSITIVE_INFINITY)
      groupsOf(state, limit).set(key, { terms, leases: { byId, firstEnd, lastEnd, seen }, latest: '' })
      state.keys++
    },
    forget: (limit, key) => drop(state, limit, key),
    forgetAll(limit) {
      state.keys -= limits.get(limit)?.size ?? 0
      limits.delete(limit)
    },
    clear() {
      limits.clear()
      state.keys = 0
    },
  }
}

function find(state: State, { limit, key, terms }: Charge, now: Micros): SlotsFound {
  const { keys, maxKeys, limits } = state
  const groups = limits.get(limit.name)
  const at = keys >= maxKeys && groups?.has(key) !== true && !makeRoom(state, now) ? overflowKey : key
  const group = groups?.get(at)
  const held = group === undefined ? 0 : countLeases(group.leases, now)
  if (group === undefined || held === 0) return { at, terms: terms as SlotTerms, held, firstEnd: now, lastEnd: now }
  const { firstEnd, lastEnd } = group.leases
  return { at, terms: group.terms.version > terms.version ? group.terms : (terms as SlotTerms), held, firstEnd, lastEnd }
}

function take(state: State, { limit }: Charge, { at, terms }: SlotsFound, now: Micros): void {
  const groups = groupsOf(state, limit.name)
  let group = groups.get(at)
  if (group === undefined) {
    sweep(state, groups, now)
    group = { leases: noLeases(now), terms, latest: '' }
    groups.set(at, group)
    state.keys++
  }
  group.terms = terms
  group.latest = state.nameLease()
  takeLease(group.leases, group.latest, terms.rule.leaseMs * 1000, now)
}

function groupsOf({ limits }: State, limit: string): Map<string, Group> {
  const groups = limits.get(limit) ?? new Map<string, Group>()
  limits.set(limit, groups)
  return groups
}

function drop(state: State, limit: string, key: string): void {
  if (state.limits.get(limit)?.delete(key) === true) state.keys--
}

/** Those of keys that are no longer asked for. One that is still in use goes to the end, so that the next look is at others. */
function sweep(state: State, groups: Map<string, Group>, now: Micros): void {
  let looked = 0
  for (const [key, group] of groups) {
    if (looked++ === perNewKey) return
    groups.delete(key)
    if (countLeases(group.leases, now) > 0) groups.set(key, group)
    else state.keys--
  }
}

/** Whether there is room for another key after a few of each limit were looked at. */
function makeRoom(state: State, now: Micros): boolean {
  for (const groups of state.limits.values()) sweep(state, groups, now)
  return state.keys < state.maxKeys
}
